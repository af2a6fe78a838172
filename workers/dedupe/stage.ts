import { decideWave } from './store.ts';

/** One fenced job per wave: set-based. */
export const dedupe = { kind: 'set', name: 'dedupe', run: decideWave } as const;

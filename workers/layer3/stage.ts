import type { Policy } from '../../jobs/policy.ts';
import { decideLayer3 } from './rules.ts';
import { load, park, type Row, save } from './store.ts';

/** Pure: nobody is asked. */
export const layer3 = {
  kind: 'chunk',
  name: 'layer3',
  load,
  decide: (rows: readonly Row[], _answers: unknown, { policy }: { policy: Policy }) =>
    rows.map((row) => ({ reg: row.reg, before: row.before, verdict: decideLayer3(row, policy.layer3) })),
  save,
  park,
} as const;

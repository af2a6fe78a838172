import type { Chunk } from '../../jobs/chunk.ts';
import type { Saved } from '../../jobs/stage.ts';
import { freezePool, type PoolRules } from './store.ts';

type Tx = Parameters<typeof freezePool>[0];

/** One fenced job per batch: closing evaluates layer 3 again as a set and freezes the pool. `subject` is the batch. */
export function createAssignmentStage<Applicant>(rules: PoolRules<Applicant>) {
  return {
    kind: 'set',
    name: 'assignment',
    run: (tx: Tx, chunk: Chunk, { now }: { now: Date }): Promise<Saved> =>
      freezePool(tx, Number(chunk.subject), now, rules),
  } as const;
}

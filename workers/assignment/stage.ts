import type { Chunk, Counts } from '../../jobs/chunk.ts';
import { freezePool, type PoolRules } from './store.ts';

type Tx = Parameters<typeof freezePool>[0];

/** One fenced job per batch: closing evaluates layer 3 again as a set and freezes the pool. `subject` is the batch. */
export function createAssignmentStage<Applicant>(rules: PoolRules<Applicant>) {
  return {
    kind: 'set',
    name: 'assignment',
    run: (tx: Tx, chunk: Chunk, { now }: { now: Date }): Promise<Counts> =>
      freezePool(tx, Number(chunk.subject), now, rules),
  } as const;
}

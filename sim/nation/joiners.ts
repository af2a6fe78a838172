/** Who presses "join": all who pass layer 3, and a few who do not. */
import { type Batch, batchesJoined } from './batches.ts';
import { listedFrom } from './lists.ts';
import type { Nation } from './nation.ts';
import { Purpose } from './random.ts';
import { DAY } from './text.ts';
import type { Judged } from './verdicts.ts';

const ANYWAY_SHARE = 0.002;
const DUPLICATE_SHARE = 0.02;
const LATER_LISTED_SHARE = 0.5;
const NONE: readonly Batch[] = [];

/**
 * The batches joined. Those who fail join now and then; half of those who came onto an exclusion list only after a
 * batch join that batch (BPK found 165,544 such participants); a duplicate joins only if its person passes.
 */
export function batchesOf(nation: Nation, judged: Judged): readonly Batch[] {
  const { registration, verdict } = judged;
  const { index, registeredAt, person } = registration;
  if (verdict?.stage === 'layer3' && verdict.outcome === 'passed') return batchesJoined(nation, index, registeredAt);
  const luck = nation.dice.unit(index, Purpose.joinAnyway);
  if (verdict === undefined)
    return judged.personPasses && luck < DUPLICATE_SHARE ? batchesJoined(nation, index, registeredAt) : NONE;
  // A person with several registrations that do not pass never joins: distinct persons stay easy to count.
  if (nation.membersOf(person.index).length > 1) return NONE;
  if (verdict.reason.startsWith('excluded_') && luck < LATER_LISTED_SHARE) {
    const listed = listedFrom(nation, person) * DAY;
    return batchesJoined(nation, index, registeredAt).filter((of) => of.closes < listed);
  }
  return luck < ANYWAY_SHARE ? batchesJoined(nation, index, registeredAt) : NONE;
}

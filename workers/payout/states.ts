/** The states of an instalment (contract, section 7). */
export const instalmentStates = [
  'due',
  'prepared',
  'released',
  'submitting',
  'unknown',
  'accepted',
  'paid',
  'rejected',
  'returned',
  'held',
] as const;
export type InstalmentState = (typeof instalmentStates)[number];

/**
 * Every change that exists, as rows of (from, to); the database's trigger holds the same table (a test compares them) and refuses all
 * others. `submitting -> paid` is not among them: a bank's 200 is `accepted`, and money is paid when the bank's status
 * or its statement says so. `submitting -> submitting` (another try after "certainly not taken") is no change of state.
 */
export const transitions: readonly (readonly [from: InstalmentState, to: InstalmentState])[] = [
  ['due', 'prepared'],
  ['prepared', 'released'],
  ['released', 'submitting'],
  ['submitting', 'accepted'],
  ['submitting', 'rejected'],
  ['submitting', 'unknown'],
  ['unknown', 'accepted'],
  ['unknown', 'paid'],
  ['unknown', 'rejected'],
  ['unknown', 'submitting'],
  ['accepted', 'paid'],
  ['accepted', 'rejected'],
  ['accepted', 'returned'],
  ['paid', 'returned'],
  ['due', 'held'],
  ['prepared', 'held'],
  ['released', 'held'],
  ['submitting', 'held'],
  ['unknown', 'held'],
  ['accepted', 'held'],
  ['rejected', 'held'],
  ['returned', 'held'],
  ['held', 'due'],
];

const legal: ReadonlySet<string> = new Set(transitions.map(([from, to]) => `${from}>${to}`));

/** Whether an instalment may go from one state to the other in one step. */
export function isLegal(from: InstalmentState, to: InstalmentState): boolean {
  return legal.has(`${from}>${to}`);
}

/** States in which the bank may have the order: money may have moved, and nothing new may be ordered for it. */
const open: ReadonlySet<InstalmentState> = new Set(['submitting', 'unknown', 'accepted']);
export function mayBeAtBank(state: InstalmentState): boolean {
  return open.has(state);
}

/**
 * The steps from a state to what the outside world says, each of them legal: [] when it is there already, undefined
 * when there is no such way. The only detour is over `accepted`: a status 04 (refunded) about an `unknown` order is
 * ['accepted', 'returned'], a statement line about one in `submitting` is ['accepted', 'paid'].
 */
export function stepsTo(from: InstalmentState, to: InstalmentState): readonly InstalmentState[] | undefined {
  if (from === to) return [];
  if (isLegal(from, to)) return [to];
  if (mayBeAtBank(from) && isLegal(from, 'accepted') && isLegal('accepted', to)) return ['accepted', to];
  return undefined;
}

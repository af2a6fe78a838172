import { type Boundary, boundaries } from '../../workers/runtime/boundaries.ts';
import { type Random, seeded } from '../crash/random.ts';

/** What the bank does to one call: a fault of sim/faults.ts, or a delay before the work. */
export interface BankFault {
  readonly kind: string;
  readonly value?: string;
}

/** Where a command that sends or asks is struck: at the nth boundary of its chunks, or when the bank gets its nth call. */
export interface Strike {
  readonly at: Boundary | 'call';
  readonly nth: number;
  /** `kill`: nothing that it still does reaches the database. `stall`: it goes on when a later event is over. */
  readonly how: 'kill' | 'stall';
}

/** What is wrong on the statements for one debit: decided when it is first fetched, and the same at every fetch. */
export const statementFaults = ['missing', 'doubled', 'wrong_amount', 'wrong_reference'] as const;
export type StatementFault = (typeof statementFaults)[number];

/**
 * Which days a reconciliation fetches: those since the last, all so far, or the last days first; or the last file once
 * more, or that file with a line torn out, which must be refused.
 */
export type Fetching = 'new' | 'all' | 'backwards' | 'again' | 'torn';

export type Deed =
  | { readonly kind: 'prepare' | 'release' | 'stop' }
  | { readonly kind: 'submit' | 'resolve'; readonly faults: readonly BankFault[]; readonly strike?: Strike }
  | { readonly kind: 'hold' | 'unhold'; readonly person: number }
  | { readonly kind: 'reconcile'; readonly fetching: Fetching }
  | { readonly kind: 'account'; readonly person: number; readonly status: 'active' | 'closed' }
  | { readonly kind: 'exclude'; readonly person: number; readonly days: number };

export type Event =
  | Deed
  | { readonly kind: 'days'; readonly days: number }
  /** Two commands at once. */
  | { readonly kind: 'together'; readonly deeds: readonly [Deed, Deed] }
  /** The backup of `back` events ago comes back; the files of the lost time are imported again. */
  | { readonly kind: 'restore'; readonly back: number; readonly tellsWhen: boolean };

export type Way = 'single' | 'call' | 'file';

/**
 * An entry for each order; one for all; two, each for a half; or one for all and also for what was refused, which comes
 * back by its reference.
 */
export type Booking = 'each' | 'whole' | 'parts' | 'everything';

/** Everything that a schedule is; the seed fixes it. */
export interface Plan {
  readonly seed: number;
  readonly people: number;
  /** What the bank does with a reference that it knows: refuse it, or pay again. */
  readonly bank: 'honours' | 'ignores';
  /** How the bank says that it does not know an order. */
  readonly unknownStatus: 'not_found' | 'status_07';
  readonly format: 'camt053' | 'bni-csv';
  /** Reconciliations also fetch the day that is not over. */
  readonly intraday: boolean;
  /** The state pays in at the start, so that a release asks whether it is covered. */
  readonly funded: boolean;
  /** How every other run goes: order by order, many orders in one call, or as a file. */
  readonly way: Way;
  /** How the bank's statements show what came together. */
  readonly booking: Booking;
  /** The bank reports on files when it is asked about orders. */
  readonly reports: boolean;
  /** The bank tells by itself what becomes of payments, and what happens to its messages one after the other; null: it does not. */
  readonly notices: readonly BankFault[] | null;
  readonly events: readonly Event[];
  /** The nth debit that a statement shows for the first time. */
  readonly statement: readonly { readonly nth: number; readonly fault: StatementFault }[];
}

/** How long the client of the played copy waits for the bank: a time that is over is a fault like others, and there are many. */
export const PATIENCE_MS = 80;
/** The bank carries it out after the client has given up. */
const OUTLASTS: BankFault = { kind: 'delay_ms', value: String(PATIENCE_MS + 30) };

/** On the wire; a payment is made by some of them and not by others. */
const wire: readonly BankFault[] = [
  { kind: 'answer_lost' },
  { kind: 'answer_lost', value: 'http_500' },
  { kind: 'disconnect' },
  { kind: 'http_503' },
  { kind: 'http_504' },
  { kind: 'timeout' },
  { kind: 'truncated' },
  { kind: 'html' },
  { kind: 'delay_ms', value: '20' },
  OUTLASTS,
  { kind: 'error_text', value: '429xx00' },
  { kind: 'error_text', value: '404xx11' },
];
/** Paid, and nobody was told: what everything else is about. */
const LOST: readonly BankFault[] = [{ kind: 'answer_lost' }, OUTLASTS, { kind: 'pending' }];
/** No funds: the run stops. */
const STOPPED: BankFault = { kind: 'error_text', value: '403xx14' };
/** What the bank does to the money itself; the statement shows it on the day of the payment. */
const shown = (random: Random): readonly BankFault[] => [
  { kind: 'pending' },
  { kind: 'pending', value: String(random.int(1, 2)) },
  { kind: 'settle_failed' },
  { kind: 'double_debit' },
  // The bank sees it by itself, and gives the second debit back.
  { kind: 'double_debit', value: String(random.int(1, 4)) },
  { kind: 'returned', value: String(random.int(1, 5)) },
  { kind: 'returned', value: '1' },
  { kind: 'wrong_amount', value: '1000' },
  { kind: 'wrong_payee' },
];
/** What the statement of the day does not show. */
const hidden = (random: Random): readonly BankFault[] => [
  { kind: 'late', value: String(random.int(3, 6)) },
  { kind: 'off_statement' },
];
/** "I do not know it", about an order that it may have taken. */
const LIE: BankFault = { kind: 'error_text', value: '404xx01' };

/**
 * A bank that hides a payment on its statement and denies it when asked cannot be told from one that never got it: no
 * schedule has both.
 */
type Honesty = 'denies' | 'hides';

/** How many rounds of prepare, release, submit and reconcile a schedule has. */
interface Length {
  readonly least: number;
  readonly most: number;
}
const LONG: Length = { least: 3, most: 5 };
/** Where every command is a process of its own, which takes a second. */
export const SHORT: Length = { least: 2, most: 3 };

/** The schedule of a seed: every personality, format and honesty comes in any sixteen seeds in a row. */
export function planOf(seed: number, length: Length = LONG): Plan {
  const random = seeded(seed);
  const honesty: Honesty = seed % 4 < 2 ? 'denies' : 'hides';
  const format = Math.floor(seed / 4) % 4 === 0 ? 'bni-csv' : 'camt053';
  const people = random.int(2, 5);
  const events = eventsOf(random, people, honesty, length);
  const ways = waysOf(seeded(seed ^ 0x0b01c), format);
  return {
    seed,
    people,
    bank: seed % 2 === 0 ? 'honours' : 'ignores',
    unknownStatus: random.pick(['not_found', 'status_07'] as const),
    format,
    intraday: random.chance(0.15),
    funded: random.chance(0.5),
    ...ways,
    events,
    statement: format === 'camt053' && random.chance(0.5) ? spoiled(random, honesty) : [],
  };
}

/** How orders and news of them travel, beside single calls and answers. */
function waysOf(random: Random, format: Plan['format']): Pick<Plan, 'way' | 'booking' | 'reports' | 'notices'> {
  const kinds = ['none', 'none', 'duplicate', 'disorder', 'wrong_signature'] as const;
  const notices = Array.from({ length: 40 }, () => ({ kind: random.pick(kinds) }));
  const way = random.chance(0.6) ? random.pick(['call', 'file'] as const) : 'single';
  const together = format === 'camt053' && way !== 'single' && random.chance(0.75);
  return {
    way,
    booking: together ? random.pick(['whole', 'parts', 'everything'] as const) : 'each',
    reports: random.chance(0.6),
    notices: random.chance(0.35) ? notices : null,
  };
}

function spoiled(random: Random, honesty: Honesty): Plan['statement'] {
  const kinds = honesty === 'hides' ? statementFaults : (['doubled', 'wrong_amount'] as const);
  return Array.from({ length: random.int(1, 3) }, () => ({ nth: random.int(1, 12), fault: random.pick(kinds) }));
}

/** Rounds of a month's work, each step of which may be left out, with disturbances anywhere between. */
function eventsOf(random: Random, people: number, honesty: Honesty, length: Length): Event[] {
  const events: Event[] = [];
  const rounds = random.int(length.least, length.most);
  const add = (event: Event) => {
    if (random.chance(0.26)) events.push(disturbance(random, people, honesty));
    if (random.chance(0.85)) events.push(event);
  };
  for (let round = 0; round < rounds; round++) {
    add({ kind: 'days', days: random.int(3, 24) });
    add({ kind: 'prepare' });
    add({ kind: 'release' });
    add(submit(random, honesty));
    if (random.chance(0.4)) add(resolve(random, honesty));
    add({ kind: 'days', days: random.int(1, 4) });
    const reconcile: Deed = { kind: 'reconcile', fetching: random.pick(['new', 'new', 'all', 'backwards'] as const) };
    const asks = random.chance(0.25);
    add(asks ? { kind: 'together', deeds: [{ kind: 'resolve', faults: slow(random) }, reconcile] } : reconcile);
    add(resolve(random, honesty));
  }
  return withRestores(random, events);
}

function withRestores(random: Random, events: Event[]): Event[] {
  const times = random.chance(0.3) ? random.int(1, 2) : 0;
  for (let i = 0; i < times; i++) {
    const at = random.int(4, events.length);
    const sends = events.slice(0, at).flatMap((event, nth) => (event.kind === 'submit' ? nth : []));
    // To the moment before something was sent, half of the times: all of it is lost, and the bank has it.
    const to = sends.length > 0 && random.chance(0.5) ? random.pick(sends) : at - random.int(1, Math.min(8, at));
    events.splice(at, 0, { kind: 'restore', back: at - to, tellsWhen: random.chance(0.5) });
  }
  return events;
}

function submit(random: Random, honesty: Honesty): Deed {
  const effects = honesty === 'hides' ? [...shown(random), ...hidden(random)] : shown(random);
  const fault = () => {
    if (random.chance(0.3)) return random.pick(LOST);
    return random.chance(0.35) ? random.pick(wire) : random.chance(0.1) ? STOPPED : random.pick(effects);
  };
  return { kind: 'submit', faults: some(random, 0.45, 6, fault), ...struck(random) };
}

function resolve(random: Random, honesty: Honesty): Deed {
  const fault = () => (honesty === 'denies' && random.chance(0.6) ? LIE : random.pick(wire));
  return { kind: 'resolve', faults: some(random, 0.7, 6, fault), ...struck(random) };
}

const FINE: BankFault = { kind: 'none' };

/** Up to `most` calls in a row, each with a fault or without one. */
function some(random: Random, share: number, most: number, fault: () => BankFault): BankFault[] {
  return Array.from({ length: random.int(0, most) }, () => (random.chance(share) ? fault() : FINE));
}

function struck(random: Random): { strike?: Strike } {
  if (!random.chance(0.15)) return {};
  const within = boundaries.filter((at) => at !== 'enqueuing' && at !== 'acknowledging');
  const at = random.chance(0.3) ? 'call' : random.pick(within);
  // Who stands still at the bank's door is told apart from nobody: the answer is on its way.
  const how = at === 'call' || random.chance(0.6) ? 'kill' : 'stall';
  return { strike: { at, nth: random.int(1, 3), how } };
}

function disturbance(random: Random, people: number, honesty: Honesty): Event {
  const person = random.int(1, people);
  const deeds: readonly (() => Event)[] = [
    () => ({ kind: 'hold', person }),
    () => ({ kind: 'unhold', person }),
    () => ({ kind: 'hold', person }),
    () => ({ kind: 'unhold', person }),
    () => ({ kind: 'stop' }),
    () => ({ kind: 'account', person, status: random.chance(0.75) ? 'active' : 'closed' }),
    () => ({ kind: 'exclude', person, days: random.int(1, 20) }),
    () => ({ kind: 'reconcile', fetching: random.pick(['again', 'all', 'new', 'torn'] as const) }),
    () => submit(random, honesty),
    () => resolve(random, honesty),
    () => ({ kind: 'together', deeds: together(random, person, honesty) }),
    () => ({ kind: 'together', deeds: together(random, person, honesty) }),
    () => ({ kind: 'together', deeds: together(random, person, honesty) }),
  ];
  return random.pick(deeds)();
}

/** Answers that come when others have come in between. */
function slow(random: Random): BankFault[] {
  return Array.from({ length: 6 }, () => ({ kind: 'delay_ms', value: String(random.int(5, 60)) }));
}

function together(random: Random, person: number, honesty: Honesty): readonly [Deed, Deed] {
  const reconciled = (): Deed => ({ kind: 'reconcile', fetching: random.pick(['new', 'all'] as const) });
  const pairs: readonly (() => readonly [Deed, Deed])[] = [
    () => [reconciled(), reconciled()],
    () => [submit(random, honesty), resolve(random, honesty)],
    () => [submit(random, honesty), submit(random, honesty)],
    () => [{ kind: 'resolve', faults: slow(random) }, reconciled()],
    () => [resolve(random, honesty), reconciled()],
    () => [{ kind: 'release' }, { kind: 'hold', person }],
    () => [submit(random, honesty), { kind: 'hold', person }],
    () => [submit(random, honesty), { kind: 'stop' }],
    () => [{ kind: 'prepare' }, { kind: 'prepare' }],
    () => [{ kind: 'prepare' }, { kind: 'unhold', person }],
    () => [{ kind: 'release' }, { kind: 'stop' }],
    () => [reconciled(), { kind: 'unhold', person }],
  ];
  return random.pick(pairs)();
}

/** The verdicts to be reached and the counts of the funnel: truth.csv and funnel.json. */
import { type Batch, scaledQuotas } from './batches.ts';
import { publishedScaled } from './published.ts';
import type { Judged, Stage } from './verdicts.ts';

export const TRUTH_COLUMNS = 'registration_id,stage,outcome,reason';

const STAGES: readonly Stage[] = ['email', 'dukcapil', 'layer3'];

/** The lines of a registration: one per stage that it reaches. */
export function truthLines({ registration: { id }, verdict }: Judged): string {
  if (verdict === undefined) return `${id},dedupe,rejected,duplicate_nik\n`;
  let lines = `${id},dedupe,passed,\n`;
  for (const stage of STAGES) {
    if (stage === verdict.stage) return `${lines}${id},${stage},${verdict.outcome},${verdict.reason}\n`;
    lines += `${id},${stage},passed,\n`;
  }
  return lines;
}

/** What is known beforehand of one batch; people. */
export interface BatchFunnel {
  batch: number;
  opens: string;
  closes: string;
  decree: string;
  quota: number;
  joined: number;
  eligible: number;
}

/** The keys of `funnel --json` that are certain, and what is likely for the later ones. */
export interface Funnel {
  registered: number;
  unique: number;
  email_verified: number;
  nik_valid: number;
  layer3_passed: number;
  joined: number;
  waiting: Record<string, number>;
  parked: Record<string, number>;
  rejected: Record<string, number>;
  /** As of 15 September 2020, if places are filled uniformly at random from those who joined and pass. */
  expected: Record<
    'participants' | 'training' | 'completed' | 'incentive_recipients' | 'incentive_instalments',
    number
  > & {
    incentive_paid_idr: string;
  };
  published_scaled: Record<string, number>;
  batches: BatchFunnel[];
}

const INCENTIVE_IDR = 600_000;

interface Behaviour {
  joined: number;
  eligible: number;
  purchased: number;
  completed: number;
  recipients: number;
  instalments: number;
}

/** What a joiner of a batch will have done by 15 September 2020. */
export interface Deeds {
  readonly purchased: boolean;
  readonly completed: boolean;
  readonly instalments: number;
}

/** Counts while the nation passes by. */
export class FunnelCounter {
  readonly #applicants: number;
  readonly #reached = { email: 0, dukcapil: 0, layer3: 0 };
  readonly #ends = {
    waiting: new Map<string, number>(),
    parked: new Map<string, number>(),
    rejected: new Map<string, number>(),
  };
  readonly #behaviours = new Map<number, Behaviour>();
  #duplicates = 0;
  #joined = 0;
  #displaced = 0;

  constructor(applicants: number) {
    this.#applicants = applicants;
  }

  /** `displaced`: another registration of the same person has the dedupe verdict `passed` too. */
  verdict({ verdict }: Judged): void {
    if (verdict === undefined) {
      this.#duplicates++;
      return;
    }
    for (const stage of STAGES) {
      if (stage === verdict.stage) break;
      this.#reached[stage]++;
    }
    if (verdict.outcome === 'passed') {
      this.#reached[verdict.stage]++;
      return;
    }
    const counts = this.#ends[verdict.outcome];
    const key = `${verdict.stage}.${verdict.reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  /** Counts a repeat of a well-formed NIK: one person less than registrations. */
  repeat(): void {
    this.#displaced++;
  }

  /** A person who joined at least one batch. */
  person(): void {
    this.#joined++;
  }

  join(of: Batch, deeds: Deeds | undefined): void {
    let sums = this.#behaviours.get(of.number);
    if (sums === undefined) {
      sums = { joined: 0, eligible: 0, purchased: 0, completed: 0, recipients: 0, instalments: 0 };
      this.#behaviours.set(of.number, sums);
    }
    sums.joined++;
    if (deeds === undefined) return;
    sums.eligible++;
    if (deeds.purchased) sums.purchased++;
    if (deeds.completed) sums.completed++;
    if (deeds.instalments > 0) sums.recipients++;
    sums.instalments += deeds.instalments;
  }

  funnel(batches: readonly Batch[], time: (second: number) => string): Funnel {
    const quotas = scaledQuotas(this.#applicants);
    const sums = (number: number) => this.#behaviours.get(number);
    const expect = (key: keyof Behaviour) =>
      Math.round(
        batches.reduce((sum, of, at) => {
          const behaviour = sums(of.number);
          return sum + (behaviour ? ((quotas[at] as number) * behaviour[key]) / Math.max(1, behaviour.eligible) : 0);
        }, 0),
      );
    const instalments = expect('instalments');
    return {
      registered: this.#applicants,
      unique: this.#applicants - this.#displaced,
      email_verified: this.#reached.email,
      nik_valid: this.#reached.dukcapil,
      layer3_passed: this.#reached.layer3,
      joined: this.#joined,
      waiting: sorted(this.#ends.waiting),
      parked: sorted(this.#ends.parked),
      rejected: sorted(this.#ends.rejected.set('dedupe.duplicate_nik', this.#duplicates)),
      expected: {
        participants: quotas.reduce((sum, quota) => sum + quota, 0),
        training: expect('purchased'),
        completed: expect('completed'),
        incentive_recipients: expect('recipients'),
        incentive_instalments: instalments,
        incentive_paid_idr: String(instalments * INCENTIVE_IDR),
      },
      published_scaled: publishedScaled(this.#applicants),
      batches: batches.map((of, at) => ({
        batch: of.number,
        opens: time(of.opens),
        closes: time(of.closes),
        decree: time(of.decree),
        quota: quotas[at] as number,
        joined: sums(of.number)?.joined ?? 0,
        eligible: sums(of.number)?.eligible ?? 0,
      })),
    };
  }
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

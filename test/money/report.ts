import { Report } from '../crash/report.ts';
import type { Ran } from './play.ts';

/** What one seed came to, as a shard tells it. */
export interface Result extends Ran {
  readonly seed: number;
  readonly seconds: number;
  /** What was done in it, its quiet end included. */
  readonly events: number;
}

/** The crash harness's report, and what is the matter where something is. */
export class MoneyReport extends Report {
  private events = 0;
  private readonly kinds = new Map<string, number[]>();
  private readonly options: { readonly history: boolean };

  constructor(replay: string, options: { readonly history: boolean }) {
    super(replay);
    this.options = options;
  }

  override add(result: Result): void {
    super.add(result);
    this.events += result.events;
    const [first] = result.violations;
    if (first === undefined) return;
    const kind = kindOf(first);
    this.kinds.set(kind, [...(this.kinds.get(kind) ?? []), result.seed]);
    if (this.options.history) for (const line of result.history) console.log(`    ${line}`);
  }

  override summary(): object {
    const violations = Object.fromEntries([...this.kinds].map(([kind, seeds]) => [kind, seeds]));
    return { ...super.summary(), commands: this.events, violations };
  }

  override print(): void {
    super.print();
    console.log(`${this.events} commands and days, quiet ends included`);
    if (this.kinds.size > 0) console.log('violations, by the first of each schedule:');
    for (const [kind, seeds] of this.kinds)
      console.log(`  ${seeds.length} times: ${kind} (seeds ${seeds.slice(0, 8).join(', ')})`);
  }
}

/** The same sentence about whatever order or instalment. */
function kindOf(violation: string): string {
  return violation
    .split('\n')[0]
    ?.replace(/^after [^:]*: /, '')
    .replace(/\b[A-Z0-9]{16}\b/g, 'REFERENCE')
    .replace(/\d+/g, 'N') as string;
}

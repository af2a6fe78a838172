import type { Result } from './shard.ts';

const SAID_EVERY_MS = 5_000;

/** Adds results up and says how far it is. */
export class Report {
  failed = 0;
  private played = 0;
  private seconds = 0;
  readonly happened = new Map<string, number>();
  private readonly reached = new Map<string, number>();
  private readonly began = performance.now();
  private said = performance.now();
  private readonly replay: string;

  /** @param replay the command that plays a seed again, without the seed */
  constructor(replay: string) {
    this.replay = replay;
  }

  add({ seed, seconds, violations, happened, reached }: Result): void {
    this.played++;
    this.seconds += seconds;
    for (const [what, n] of Object.entries(happened)) this.happened.set(what, (this.happened.get(what) ?? 0) + n);
    for (const [what, n] of Object.entries(reached)) this.reached.set(what, (this.reached.get(what) ?? 0) + n);
    if (violations.length > 0) {
      this.failed++;
      console.log(`seed ${seed} FAILED; play it again: ${this.replay} ${seed}`);
      for (const violation of violations) console.log(`  ${violation}`);
    }
    if (performance.now() - this.said < SAID_EVERY_MS) return;
    this.said = performance.now();
    console.log(`${this.played} schedules, ${this.failed} failed, ${this.perHour()} an hour`);
  }

  private perHour(): number {
    return Math.round((this.played * 3_600_000) / (performance.now() - this.began));
  }

  summary(): object {
    return {
      schedules: this.played,
      failed: this.failed,
      per_hour: this.perHour(),
      seconds_each: this.played === 0 ? 0 : this.seconds / this.played,
      faults: Object.fromEntries([...this.happened].sort()),
      boundaries_reached: Object.fromEntries(this.reached),
    };
  }

  print(): void {
    console.log('\nfaults that happened, by boundary:');
    for (const [what, n] of [...this.happened].sort()) console.log(`  ${what.padEnd(28)} ${String(n).padStart(8)}`);
    const total = [...this.happened.values()].reduce((sum, n) => sum + n, 0);
    console.log(
      `${this.played} schedules, ${total} faults, ${this.failed} failed, ${this.perHour()} schedules an hour`,
    );
  }
}

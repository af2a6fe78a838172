import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileIdOf } from '../../jobs/file-ids.ts';
import type { Bank } from './bank.ts';
import type { Command, Outcome } from './commands.ts';

interface Parts {
  readonly bank: Bank;
  readonly dir: string;
  readonly clock: { readonly now: Date };
  tell(command: Command): Promise<Outcome>;
}

/** Whoever hands payment files to the bank, once each, and fetches its reports; a restore takes nothing from their memory. */
export class BankFiles {
  private readonly parts: Parts;
  /** SHA-256 of what was handed over. */
  private readonly handed = new Set<string>();
  private readonly ids = new Set<string>();
  private reports = 0;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Has a run's file written, and hands it over. */
  async send(run: string): Promise<void> {
    const { bank, dir, clock, tell } = this.parts;
    const out = join(dir, `run-${run}.xml`);
    const { ended, json } = await tell({ name: 'file', run, out });
    const isThere = ended === 0 && typeof (json as { file?: unknown }).file === 'string' && existsSync(out);
    if (!isThere) return;
    const text = readFileSync(out, 'utf8');
    const hash = createHash('sha256').update(text).digest('hex');
    if (this.handed.has(hash)) return;
    this.handed.add(hash);
    this.ids.add(fileIdOf(run));
    await bank.takeFile(text, clock.now);
  }

  /** A file of the run was handed over. */
  has(run: string): boolean {
    return this.ids.has(fileIdOf(run));
  }

  /** What the bank says of each file now. */
  async ask(): Promise<void> {
    const { bank, dir, tell } = this.parts;
    for (const id of this.ids) {
      const text = await bank.report(id);
      if (text === null) continue;
      const file = join(dir, `report-${++this.reports}.xml`);
      writeFileSync(file, text);
      await tell({ name: 'statuses', file });
    }
  }
}

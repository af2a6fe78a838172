import {
  checkAnnexLine,
  type DecreeCounts,
  type DecreeDocument,
  DecreeTally,
  decreeFile,
  isParticipant,
  missingAnnexLine,
  parseDecreeDocument,
} from '../annex.ts';
import type { Commitment } from '../commitment.ts';
import { type DecreeLine, decreeLines } from '../decree.ts';
import { decreePage, pageTexts, pdfTexts } from '../decree-page.ts';
import { type Check, drawFile } from '../files.ts';
import { hexText, type LineSplitter, textLines } from '../lines.ts';
import { findInPool, type Pool, poolEntry } from '../pool.ts';
import type { DrawResult } from '../result.ts';
import type { DecreeChanges } from './decree.ts';
import { Difference, utf8, type VerifyRun, within } from './run.ts';

/** A draw and its decree as computed again. */
export interface Decreed {
  readonly commitment: Commitment;
  readonly pool: Pool;
  readonly result: DrawResult;
  readonly decree: DecreeChanges | undefined;
}

/**
 * annex.csv has exactly the participants of decree.csv, decree.json the hashes and counts of both, and decree.pdf the
 * texts that follow from them. Whether the hidden digits of a NIK are right cannot be computed from these files.
 */
export async function verifyAnnex(run: VerifyRun, seed: Uint8Array, decreed: Decreed): Promise<void> {
  const names = [decreeFile.annex, decreeFile.document, decreeFile.page];
  const there = await Promise.all(names.map((name) => run.has(name)));
  const first = names.find((_, i) => there[i]);
  if (first === undefined) {
    if (decreed.decree) run.found({ key: 'annexMissing', facts: { file: decreeFile.annex } });
    return;
  }
  const missing = decreed.decree ? names.find((_, i) => !there[i]) : drawFile.decree;
  if (missing !== undefined) throw new Difference(`${missing}: is missing, although ${first} is there`);
  const annex = new AnnexChecker(decreed, decreed.decree as DecreeChanges);
  await run.read(decreeFile.annex, annex);
  const document = await verifyDocument(run, seed, decreed, annex.counts());
  await verifyPage(run, document, annex.perProvince);
  run.found({ key: 'annex', facts: { participants: document.participants, decree: document.decree } });
}

/** Goes through the decree's lines, as computed again, beside the lines of annex.csv. */
class AnnexChecker implements Check {
  /** Participants by province. */
  readonly perProvince = new Map<string, number>();
  readonly #pool: Pool;
  readonly #tally: DecreeTally;
  readonly #lines: Iterator<DecreeLine, void>;
  readonly #splitter: LineSplitter;

  constructor({ pool, result, commitment }: Decreed, changes: DecreeChanges) {
    this.#pool = pool;
    this.#tally = new DecreeTally(pool, result);
    this.#lines = decreeLines(pool, result, commitment.policy, (index) => {
      const change = changes.get(index);
      return change?.decision === 'removed' ? change.reason : undefined;
    });
    this.#splitter = textLines((text, line) => checkAnnexLine(text, line, this.#next()));
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  finish(): void {
    this.#splitter.finish();
    const left = this.#next();
    if (left) throw missingAnnexLine(this.#splitter.lines + 1, left.registrationId, left.provinceCode);
  }

  counts(): DecreeCounts {
    return this.#tally.counts();
  }

  /** The next participant; undefined after the last. */
  #next(): { registrationId: string; provinceCode: string } | undefined {
    for (let line = this.#lines.next().value; line; line = this.#lines.next().value) {
      this.#tally.add(line);
      if (!isParticipant(line)) continue;
      const { registrationId, provinceCode } = poolEntry(this.#pool, findInPool(this.#pool, line.registrationId) ?? 0);
      this.perProvince.set(provinceCode, (this.perProvince.get(provinceCode) ?? 0) + 1);
      return { registrationId, provinceCode };
    }
    return undefined;
  }
}

async function verifyDocument(
  run: VerifyRun,
  seed: Uint8Array,
  { commitment }: Decreed,
  counts: DecreeCounts,
): Promise<DecreeDocument> {
  const bytes = (await run.bytes(decreeFile.document)) as Uint8Array;
  const document = await within(decreeFile.document, () => parseDecreeDocument(utf8(bytes)));
  const files = {
    annex_sha256: decreeFile.annex,
    decree_csv_sha256: drawFile.decree,
    commitment_sha256: drawFile.commitment,
  };
  for (const [key, name] of Object.entries(files) as [keyof typeof files, string][]) {
    const found = await run.hash(name);
    if (found !== document[key])
      throw new Difference(`${name}: SHA-256 is ${found}, ${decreeFile.document} says ${document[key]}`);
  }
  const must = { ...counts, batch: commitment.batch, seed: hexText(seed) };
  for (const [key, value] of Object.entries(must) as [keyof typeof must, number | string][])
    differ(decreeFile.document, 1, `${key} ${document[key]}`, `${key} ${value}`);
  return document;
}

async function verifyPage(
  run: VerifyRun,
  document: DecreeDocument,
  perProvince: ReadonlyMap<string, number>,
): Promise<void> {
  const bytes = (await run.bytes(decreeFile.page)) as Uint8Array;
  const found = pdfTexts(bytes);
  const must = pageTexts(decreePage(document, perProvince));
  for (let i = 0; i < Math.max(found.length, must.length); i++)
    differ(decreeFile.page, i + 1, found[i] ?? '', must[i] ?? '');
}

function differ(file: string, line: number, found: string, must: string): void {
  if (found !== must) throw new Difference(`${file} line ${line}: is "${found}", must be "${must}"`);
}

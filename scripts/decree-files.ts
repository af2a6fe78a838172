import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../db/connection.ts';
import { niksInPool } from '../db/selection.ts';
import { sha256Hex } from '../jobs/canonical.ts';
import { refuse } from '../jobs/errors.ts';
import {
  annexLine,
  type DecreeDocument,
  type DecreeLine,
  DecreeTally,
  type DrawResult,
  decreeDocumentText,
  decreeFile,
  decreePage,
  findInPool,
  isParticipant,
  type Pool,
  parseDecreeDocument,
  poolEntry,
} from '../workers/assignment/rules.ts';
import { decreePdf } from './decree-pdf.ts';
import { absent, drawFile, readWhole, writeDecree, writeWhole } from './draw-files.ts';

/** A decree that is about to be published. */
export interface DecreeToPublish {
  readonly dir: string;
  readonly pool: Pool;
  readonly result: DrawResult;
  readonly lines: readonly DecreeLine[];
  /** Of decree.json: what does not follow from the lines. */
  readonly facts: Pick<DecreeDocument, 'batch' | 'commitment_sha256' | 'decree' | 'seed' | 'set_at' | 'set_by'>;
}

const PAGE = 10_000;

/**
 * Writes decree.csv, annex.csv, decree.json and decree.pdf, in this order: each names what was written before it.
 * Interrupted, the set is not whole, cannot be confirmed, and is written again when the decree is set again.
 * @throws exit 1 before anything is written when people get lost between the lines
 */
export async function publishDecree(db: Database['db'], decree: DecreeToPublish): Promise<DecreeDocument> {
  const { dir, pool, result, lines, facts } = decree;
  const tally = new DecreeTally(pool, result);
  for (const line of lines) tally.add(line);
  const counts = tally.counts();
  const decree_csv_sha256 = await writeDecree(dir, lines);
  const perProvince = new Map<string, number>();
  const annex = annexPieces(db, decree, perProvince);
  const annex_sha256 = await writeWhole(join(dir, decreeFile.annex), annex);
  const document = { ...facts, ...counts, annex_sha256, decree_csv_sha256 };
  const text = decreeDocumentText(document);
  parseDecreeDocument(text);
  await writeWhole(join(dir, decreeFile.document), [text]);
  const page = await decreePdf(decreePage(document, perProvince), new Date(facts.set_at));
  await writeWhole(join(dir, decreeFile.page), [page]);
  return document;
}

/** annex.csv, page by page; counts the participants of each province on the way. */
async function* annexPieces(
  db: Database['db'],
  { pool, lines, facts }: DecreeToPublish,
  perProvince: Map<string, number>,
): AsyncGenerator<string> {
  const ids = lines.filter(isParticipant).map(({ registrationId }) => registrationId);
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    const niks = await niksInPool(db, facts.batch, page);
    const texts = page.map((id, i) => {
      const { provinceCode } = poolEntry(pool, findInPool(pool, id) as number);
      perProvince.set(provinceCode, (perProvince.get(provinceCode) ?? 0) + 1);
      return annexLine(from + i + 1, id, provinceCode, niks.get(id) ?? '');
    });
    yield texts.join('');
  }
}

/**
 * What is confirmed is what lies in the directory.
 * @returns SHA-256 of each file as it was read, which is what may be signed
 * @throws exit 2 unless the decree's files are whole and those of the decree that was set last
 */
export async function checkPublished(
  dir: string,
  set: { decree: string | null; at: Date | null },
): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(dir, decreeFile.document), 'utf8').catch(absent);
  const document = text === undefined ? undefined : parseDecreeDocument(text);
  const hash = (name: string) => readWhole(join(dir, name)).catch(absent);
  const csv = await hash(drawFile.decree);
  const annex = await hash(decreeFile.annex);
  const page = await hash(decreeFile.page);
  const whole =
    document !== undefined &&
    document.decree === set.decree &&
    document.set_at === set.at?.toISOString() &&
    document.decree_csv_sha256 === csv &&
    document.annex_sha256 === annex;
  if (!whole || text === undefined || csv === undefined || annex === undefined || page === undefined)
    throw refuse(`the files of the decree in ${dir} are not whole, or of another: set the decree again`);
  return {
    [drawFile.decree]: csv,
    [decreeFile.annex]: annex,
    [decreeFile.document]: sha256Hex(text),
    [decreeFile.page]: page,
  };
}

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'csv-parse';
import { audit } from '../db/audit.ts';
import type { Db } from '../db/connection.ts';
import { defaultPolicyId, loadPolicy } from '../db/run.ts';
import { refuse } from '../jobs/errors.ts';
import type { Policy } from '../jobs/policy.ts';
import type { Office } from '../workers/runtime/office.ts';
import { matching } from '../workers/runtime/stages.ts';
import { dispatchIfReachable } from '../workers/runtime/sweeper.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { PRIVATE_FILE, writeWhole } from './draw-files.ts';
import { personName } from './options.ts';

// Matching by file ("pemadanan"): docs/matching.md has the format.

/** `registry request --out FILE`: what the registry is asked about everybody who waits for it, once per NIK and question. */
export function registryRequest({ out }: { out: string }): Promise<Report> {
  return withOffice(async ({ db, config }) => {
    const policy = await policyOf(db);
    const context = { now: config.now(), policy, signal: new AbortController().signal };
    let questions = 0;
    async function* lines() {
      yield `${matching.requestHeader}\n`;
      const asked = new Set<string>();
      for await (const page of matching.awaitingPages(db)) {
        const { calls } = await matching.plan(db, page, context);
        for (const { row } of calls) {
          const line = matching.requestLine(row, policy);
          if (asked.has(line)) continue;
          // One person per NIK stands: a question comes twice only within a page or two.
          if (asked.size > REMEMBERED_MAX) asked.clear();
          asked.add(line);
          questions++;
          yield `${line}\n`;
        }
      }
    }
    await writeWhole(out, lines(), { mode: PRIVATE_FILE });
    return done(
      { file: out, questions },
      `${questions} questions were written to ${out}. It holds NIKs: send it as Dukcapil prescribes and delete it afterwards.`,
      `Their answer comes in with "prakerja registry answers FILE".`,
    );
  });
}

const REMEMBERED_MAX = 10_000;
const BATCH = 2000;
const FAULTS_SHOWN = 5;

/** `registry answers FILE`: keeps what the registry found, and has those decided who waited for it. */
export function registryAnswers(path: string, { by }: { by?: string }): Promise<Report> {
  const who = personName('--by', by);
  return inNameOf({ name: who, role: 'operations' }, async (office) => {
    if (!(await stat(path).catch(() => undefined))) throw refuse(`${path} is not there`);
    const { kept, faults, since } = await readAnswers(office, path);
    const decided = await office.db.transaction().execute(async (tx) => {
      await audit(tx, { who, action: 'registry answers', subject: basename(path), note: `${kept} kept` });
      return matching.touchAnswered(tx, since);
    });
    await dispatchIfReachable(office);
    const json = { file: path, read: kept + faults.length, kept, unusable: faults.length, decided_again: decided };
    const said = `${basename(path)}: ${kept} answers are kept; ${decided} people who waited are decided again.`;
    if (faults.length === 0) return done(json, said);
    const shown = faults.slice(0, FAULTS_SHOWN).map(({ line, why }) => `line ${line}: ${why}`);
    return needsPerson(
      json,
      said,
      `${faults.length} lines say nothing that we understand; nobody is decided by them:`,
      ...shown,
    );
  });
}

async function readAnswers({ db, config }: Office, path: string) {
  const policy = await policyOf(db);
  const faults: { line: number; why: string }[] = [];
  let kept = 0;
  let batch: Parameters<typeof matching.keepAnswers>[1][number][] = [];
  const since = await matching.clock(db);
  const flush = async () => {
    await matching.keepAnswers(db, batch, config.now());
    batch = [];
  };
  const records = createReadStream(path).pipe(
    parse({ columns: headerOf, bom: true, relax_column_count: true, info: true }),
  );
  for await (const { record, info } of records) {
    const answer = matching.readAnswerLine(record, policy.dukcapil);
    if (typeof answer === 'string') {
      faults.push({ line: info.lines, why: answer });
      continue;
    }
    kept++;
    batch.push(answer);
    if (batch.length >= BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return { kept, faults, since };
}

/** @throws exit 2 when a column is missing: the file is refused whole */
function headerOf(names: string[]): string[] {
  const header = names.map((name) => name.trim().toUpperCase());
  const missing = matching.answerColumns.find((name) => !header.includes(name));
  if (missing) throw refuse(`the column ${missing} is missing`);
  return header;
}

async function policyOf(db: Db): Promise<Policy> {
  return loadPolicy(db, await defaultPolicyId(db));
}

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { audit, type Deed } from '../db/audit.ts';
import { openCounts } from '../db/chunk.ts';
import { type ImportKind, type ImportResult, importFile, importKinds, storeEmailEvents } from '../db/import/index.ts';
import { refuse } from '../jobs/errors.ts';
import { verdictStages } from '../jobs/stages.ts';
import { rawMessages } from '../workers/email/bounce-files.ts';
import { readBounce } from '../workers/email/bounce-message.ts';
import type { Office } from '../workers/runtime/office.ts';
import { dispatchIfReachable } from '../workers/runtime/sweeper.ts';
import { identify } from './actor.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { startProgress } from './progress.ts';

/** What is looked at when a batch closes, is revoked or paid: it has nobody decided again. */
const keepsVerdicts: ReadonlySet<string> = new Set<ImportKind>(['whitelist', 'joins', 'training', 'accounts', 'grace']);

/** What gives people something that is theirs to keep: somebody answers for it. */
const answeredFor: ReadonlySet<string> = new Set<ImportKind>(['grace']);

/**
 * `import KIND FILE`: exit 3 when lines were quarantined; a file refused whole is exit 2 and changes nothing. Time to buy
 * is given in an operator's name, and stands in the audit log.
 */
export function importCommand(kind: string, path: string): Promise<Report> {
  const known = [...importKinds, 'bounces'];
  if (!known.includes(kind)) throw refuse(`there is no import "${kind}"; there are ${known.join(', ')}`);
  return withOffice(async (office) => {
    const by = answeredFor.has(kind) ? await identify(office, { name: undefined, role: 'operations' }) : undefined;
    const result = await importInto(office, kind as ImportKind | 'bounces', path);
    if (by !== undefined) await office.db.transaction().execute((tx) => audit(tx, deedOf(by, kind, result)));
    const open = await openCounts(office.db);
    const undecided = !keepsVerdicts.has(kind) && verdictStages.some((stage) => open[stage]);
    return reportOf(kind, result, undecided);
  });
}

function deedOf(who: string, kind: string, { file, imported, unchanged, quarantined }: ImportResult): Deed {
  const note = `${imported} imported, ${unchanged} already there, ${quarantined} quarantined`;
  return { who, action: `import ${kind}`, subject: basename(file), note };
}

/** The same for a caller that already has an office: the demo. */
export async function importInto(office: Office, kind: ImportKind | 'bounces', path: string): Promise<ImportResult> {
  const { config, database } = office;
  const quarantineDir = join(config.dataDir, 'quarantine');
  const progress = startProgress(`import ${kind}`, 'lines');
  try {
    const size = path === '-' ? undefined : (await stat(path).catch(() => undefined))?.size;
    const request = { path, quarantineDir, now: config.now(), registryOnline: config.registry !== undefined };
    const onProgress = (lines: number, bytes: number) =>
      progress.update(lines, size ? Math.round((lines * size) / bytes) : undefined);
    const result =
      kind === 'bounces'
        ? await importBounces(office, path, quarantineDir)
        : await importFile(database, { kind, ...request, onProgress });
    await dispatchIfReachable(office);
    return result;
  } finally {
    progress.end();
  }
}

/** Raw bounce messages and feedback reports: a file, a Maildir or an mbox. */
async function importBounces(office: Office, path: string, quarantineDir: string): Promise<ImportResult> {
  if (!existsSync(path)) throw refuse(`${path} is not there`);
  const info = {
    kind: 'bounces',
    file: path,
    fileName: basename(path),
    sha256: null,
    now: office.config.now(),
    quarantineDir,
  };
  return storeEmailEvents(office.database, info, bounceEvents(path, office.config.now()));
}

async function* bounceEvents(path: string, now: Date) {
  for await (const { bytes } of rawMessages(path)) {
    for (const { recipientToken, recipientAddress, type, dsn, diagnostic, at } of readBounce(bytes)) {
      yield {
        ...(recipientToken !== null && { token: recipientToken }),
        ...(recipientAddress !== null && { address: recipientAddress }),
        type,
        at: at ?? now,
        dsn: dsn ?? '',
        diagnostic: diagnostic ?? '',
      };
    }
  }
}

function reportOf(kind: string, result: ImportResult, undecided: boolean): Report {
  const { file, read, imported, unchanged, quarantined, quarantine_file, note } = result;
  const counts = `${basename(file)}: ${read} lines read, ${imported} imported, ${unchanged} already there, ${quarantined} quarantined.`;
  const sentence = note === null ? counts : `${counts} ${note}`;
  const next = undecided ? ['Next: "prakerja run start --wait --inline", or a running worker decides.'] : [];
  if (quarantined === 0) return done(result, sentence, ...next);
  return needsPerson(
    result,
    sentence,
    `The quarantined lines with their reasons: ${quarantine_file}. Correct them and import them as ${kind} again.`,
  );
}

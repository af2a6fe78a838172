import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportCsv } from '../db/export.ts';
import { exit, fail } from '../jobs/errors.ts';
import { wibDate } from '../jobs/time.ts';
import type { Office } from '../workers/runtime/office.ts';
import type { Counterparts } from './demo-counterparts.ts';
import { copyLines, firstField, linesOf } from './demo-files.ts';
import { PRESS_TALK, type Say } from './demo-time.ts';
import { importInto } from './import.ts';
import { prepareRunOf, releaseIt, submitRun } from './payout.ts';
import { reconcileFiles } from './reconcile.ts';

interface Where {
  readonly dir: string;
  readonly nation: string;
  readonly say: Say;
}

/** Training and accounts of the participants, then a payout run from preparation to the reconciled statement. */
export async function playPayouts(
  office: Office,
  bank: Counterparts,
  { dir, nation, say }: Where,
): Promise<{ lines: string[]; reconciled: boolean }> {
  const participants = await participantIds(office, dir);
  for (const kind of ['training', 'accounts'] as const) {
    const file = join(dir, `${kind}.csv`);
    await copyLines(join(nation, `${kind}.csv`), file, true, (line) => participants.has(firstField(line)));
    const { read } = await importInto(office, kind, file);
    say(
      `Imported ${kind} of the ${participants.size.toLocaleString('en')} participants: ${read.toLocaleString('en')} lines`,
    );
  }
  const prepared = await prepareRunOf(office, 'ayu');
  say(prepared.lines[0] as string);
  const { run } = prepared.json as { run: string | null };
  if (run === null) throw fail('nothing is due: the demo expected instalments');
  await releaseIt(office, run, 'budi');
  const sent = await submitRun(office, run);
  say(sent.lines[0] as string);
  const day = wibDate(PRESS_TALK);
  const statement = join(dir, `statement-${day}.xml`);
  await writeFile(statement, await bank.statement(day, day));
  const reconciled = await reconcileFiles(office, [statement], 'camt053');
  const lines = [...prepared.lines.slice(0, 1), ...sent.lines.slice(0, 1), ...reconciled.lines];
  return { lines, reconciled: reconciled.exitCode === exit.done };
}

async function participantIds({ database }: Office, dir: string): Promise<Set<string>> {
  const file = join(dir, 'participants.csv');
  await exportCsv(database, 'participants', file, wibDate(PRESS_TALK));
  const ids = new Set<string>();
  for await (const line of linesOf(file)) ids.add(firstField(line));
  ids.delete('registration_id');
  return ids;
}

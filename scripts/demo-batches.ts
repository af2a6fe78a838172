import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBatch } from '../db/batch.ts';
import { storePolicy } from '../db/run.ts';
import { sha256Hex } from '../jobs/canonical.ts';
import { exit, fail } from '../jobs/errors.ts';
import { builtinPolicy } from '../jobs/policy.ts';
import type { Office } from '../workers/runtime/office.ts';
import { closeBatch } from './batch-close.ts';
import { confirm, setDecree } from './batch-decree.ts';
import { drawBatch } from './batch-draw.ts';
import { verify } from './batch-verify.ts';
import { at, type Say } from './demo-time.ts';
import { importInto } from './import.ts';
import { readQuotaFile } from './quota-file.ts';

interface PlannedBatch {
  readonly batch: number;
  readonly opens: string;
  readonly closes: string;
  readonly decree: string;
}

/** Batches 1 to 7 with their published quotas at 1 %: opened, joined, closed, drawn, verified, decreed and confirmed. */
export async function playBatches(office: Office, nation: string, seed: number, say: Say): Promise<void> {
  const plan = JSON.parse(await readFile(join(nation, 'funnel.json'), 'utf8')) as { batches: PlannedBatch[] };
  for (const { batch, opens, closes } of plan.batches) {
    const quota = await readQuotaFile(join(nation, `quota-${batch}.csv`));
    await office.db.transaction().execute(async (tx) => {
      await openBatch(tx, {
        batch,
        policyId: await storePolicy(tx, builtinPolicy),
        quota,
        opens: new Date(opens),
        closes: new Date(closes),
        now: new Date(opens),
      });
    });
  }
  const { read } = await importInto(office, 'joins', join(nation, 'joins.csv'));
  say(`${plan.batches.length} batches are open; ${read.toLocaleString('en')} joins were imported`);
  for (const { batch, closes, decree } of plan.batches) {
    const closed = await closeBatch(at(office, new Date(closes)), batch, `manual:demo-${batch}`, undefined);
    say(closed.lines[0] as string);
    const beacon = sha256Hex(`demo beacon ${seed} ${batch}`);
    const drawn = await drawBatch(at(office, new Date(closes)), batch, beacon);
    const { dir } = drawn.json as { dir: string };
    const checked = await verify(dir);
    if (checked.exitCode !== exit.done) throw fail(`batch ${batch}: ${checked.lines.at(-1)}`);
    const that_day = at(office, new Date(decree));
    const decreed = await setDecree(that_day, batch, `SK-SYNTHETIC-2020-${String(batch).padStart(3, '0')}`, 'ayu');
    const confirmed = await confirm(that_day, batch, 'budi');
    say(`${drawn.lines[0]} Verified from its files. ${decreed.lines[0]} ${confirmed.lines[0]}`);
  }
}

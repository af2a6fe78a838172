import { readFileSync } from 'node:fs';
import { cancelRun, defaultPolicyId, startRun, stoppedWhy, storePolicy } from '../db/run.ts';
import { failedChunks, runProgress } from '../db/status.ts';
import { openUndecided } from '../db/undecided.ts';
import { fail, notYet, refuse } from '../jobs/errors.ts';
import { type Policy, parsePolicy } from '../jobs/policy.ts';
import { type VerdictStage, verdictStages } from '../jobs/stages.ts';
import type { Office } from '../workers/runtime/office.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { type StageStatus, statusDocument } from '../workers/runtime/status.ts';
import { dispatch } from '../workers/runtime/sweeper.ts';
import { finishRun, startWorker, untilQuiet } from '../workers/runtime/worker.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { startProgress } from './progress.ts';
import { registryLines } from './registry.ts';

export interface RunOptions {
  readonly policy?: string;
  readonly wait?: boolean;
  readonly inline?: boolean;
}

/** Reads a policy file. @throws exit 2 naming what is wrong. */
export function readPolicyFile(path: string): Policy {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw refuse(`the policy file ${path} cannot be read`);
  }
  const policy = parsePolicy(text);
  if (policy.dedupe?.likely) throw notYet('dedupe.likely, likely duplicates with different NIKs: set it to false');
  return policy;
}

/** `run start`: decides what is undecided in dedupe to layer3, and again what an import has touched since. */
export function runStart(options: RunOptions): Promise<Report> {
  const policy = options.policy === undefined ? undefined : readPolicyFile(options.policy);
  return withOffice((office) => decideAll(office, policy, options));
}

/** The same for a caller that already has an office: the demo. */
export async function decideAll(office: Office, policy: Policy | undefined, options: RunOptions): Promise<Report> {
  const { db } = office;
  const queues = await office.queues();
  const runId = await db.transaction().execute(async (tx) => {
    const policyId = policy ? await storePolicy(tx, policy) : await defaultPolicyId(tx);
    const id = await startRun(tx, policyId);
    await openUndecided(tx, id);
    return id;
  });
  await dispatch(db, queues);
  if (!options.wait && !options.inline) {
    return done(
      { run: runId },
      `Run ${runId} has started; a running "prakerja worker" decides. "prakerja run status" tells how far it is.`,
    );
  }
  await work(office, options.inline === true);
  const stopped = await stoppedWhy(db);
  if (stopped) throw fail(`${stopped}. What was decided before is kept`);
  const failed = await failedChunks(db);
  const status = await statusDocument(office);
  if (failed.length > 0) {
    const { stage, error } = failed[0] as (typeof failed)[number];
    throw fail(
      `${failed.length} chunks failed, the first at ${stage}: ${error}. What was decided is kept; start the run again when the cause is gone`,
    );
  }
  const undecided = verdictStages.reduce((sum, stage) => sum + status.stages[stage].undecided, 0);
  if (undecided > 0)
    return needsPerson(
      { run: runId, ...status },
      `Run ${runId} stopped with ${undecided} undecided; start it again to go on.`,
    );
  return done({ run: runId, ...status }, `Run ${runId}: everybody is decided.`, ...table(status.stages));
}

/** Waits until nothing is open, with workers in this process when asked; a signal ends it early and loses nothing. */
async function work(office: Office, inline: boolean): Promise<void> {
  const stop = stopOnSignals();
  const worker = inline ? await startWorker(office, { stages: verdictStages }) : undefined;
  const progress = startProgress('deciding', 'verdicts');
  let shown = 0;
  try {
    await untilQuiet(office, verdictStages, stop, async () => {
      if (performance.now() - shown < 1000) return;
      shown = performance.now();
      const { decided, expected } = await runProgress(office.db);
      progress.update(decided, expected);
    });
  } finally {
    progress.end();
    await worker?.close();
  }
  await finishRun(office);
}

/** `run status` */
export function runStatus(): Promise<Report> {
  return withOffice(async (office) => {
    const status = await statusDocument(office);
    const lines = [...table(status.stages), ...registryLines(status.registry)];
    const stopped = await stoppedWhy(office.db);
    return stopped ? needsPerson({ ...status, stopped }, ...lines, `Stopped: ${stopped}.`) : done(status, ...lines);
  });
}

/** `run cancel` */
export function runCancel(): Promise<Report> {
  return withOffice(async (office) => {
    const cancelled = await office.db.transaction().execute(cancelRun);
    return done(
      { cancelled },
      `${cancelled} chunks were taken back; what was decided stays. "prakerja run start" goes on.`,
    );
  });
}

function table(stages: Record<VerdictStage, StageStatus>): string[] {
  const head = ['', 'in', 'passed', 'rejected', 'waiting', 'parked', 'undecided', 'per second'];
  const rows = verdictStages.map((name) => {
    const stage = stages[name];
    return [
      name,
      stage.in,
      stage.passed,
      stage.rejected,
      stage.waiting,
      stage.parked,
      stage.undecided,
      stage.per_second,
    ].map(String);
  });
  return [head, ...rows].map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(11))).join(''));
}

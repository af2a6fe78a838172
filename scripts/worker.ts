import { refuse } from '../jobs/errors.ts';
import { isStage, type StageName, stageNames } from '../jobs/stages.ts';
import type { Config } from '../workers/runtime/config.ts';
import { raised } from '../workers/runtime/server.ts';
import { leaveAfter, outliveLostConnections } from '../workers/runtime/shutdown.ts';
import { startTimekeeper } from '../workers/runtime/timetable.ts';
import { STOP_WITHIN_MS, startWorker } from '../workers/runtime/worker.ts';
import { tickActions } from './batch-ticks.ts';
import { done, type Report, withOffice } from './command.ts';

export interface WorkerCommandOptions {
  readonly stages?: string;
  readonly concurrency?: string;
  /** Seconds. */
  readonly stopWithin?: string;
}

/** Closing connections, and what ignores being cut off. */
const LEAVE_MS = 5000;

/**
 * `worker`: takes chunks from the queues until `stop`, waiting for PostgreSQL and Redis where they are away. Any number
 * of these may run, on any number of machines.
 */
export async function worker(options: WorkerCommandOptions, stop: AbortSignal): Promise<Report> {
  const stages = options.stages?.split(',').map((name) => name.trim()) ?? [...stageNames];
  const unknown = stages.find((name) => !isStage(name));
  if (unknown !== undefined) throw refuse(`there is no stage "${unknown}"; the stages are ${stageNames.join(', ')}`);
  const concurrency =
    options.concurrency === undefined ? undefined : numberUpTo(1000, '--concurrency', options.concurrency);
  const stopWithin_ms =
    options.stopWithin === undefined ? STOP_WITHIN_MS : 1000 * numberUpTo(3600, '--stop-within', options.stopWithin);
  if (stop.aborted) return notStarted();
  return withOffice(
    async (office) => {
      const { log, postgres, config } = office;
      const start = { stages: able(stages.filter(isStage), config), concurrency, stopWithin_ms };
      leaveAfter(stop, stopWithin_ms + LEAVE_MS, () =>
        log.error(
          { open: process.getActiveResourcesInfo() },
          'worker leaves: what it could not hand back is free when its lease runs out',
        ),
      );
      outliveLostConnections(postgres.lost);
      const running = await postgres.outlast(() => startWorker(office, start), stop);
      if (!running) return notStarted();
      const timekeeper = start.stages.includes('assignment')
        ? await postgres.outlast(() => startTimekeeper(office, tickActions), stop)
        : undefined;
      const { backend } = await office.queues();
      log.info({ stages: start.stages, backend }, 'worker takes chunks; SIGTERM stops it');
      await raised(stop);
      log.info(`worker stops: chunks end, or are handed back after ${stopWithin_ms / 1000} s`);
      await Promise.all([running.close(), timekeeper?.close()]);
      return done({ stopped: true }, 'The worker has stopped; nothing is left half done.');
    },
    { waitUntil: stop },
  );
}

/** Those of the stages for which this process has what it needs: without a bank it would only take chunks from who can pay. */
function able(stages: readonly StageName[], { bank }: Config): StageName[] {
  const mine = stages.filter((stage) => stage !== 'payout' || bank !== undefined);
  if (mine.length === 0) throw refuse('BANK_URL is not set: this worker could not pay');
  return mine;
}

function notStarted(): Report {
  return done({ stopped: true }, 'The worker was stopped before it began.');
}

function numberUpTo(most: number, name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= most) return number;
  throw refuse(`${name} must be a whole number from 1 to ${most}`);
}

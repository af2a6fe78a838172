import { refuse } from '../jobs/errors.ts';
import { isStage, stageNames } from '../jobs/stages.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { startWorker } from '../workers/runtime/worker.ts';
import { done, type Report, withOffice } from './command.ts';

/** `worker`: takes chunks from the queues until SIGTERM. Any number of these may run, on any number of machines. */
export function worker(options: { stages?: string; concurrency?: string }): Promise<Report> {
  const stages = options.stages?.split(',').map((name) => name.trim()) ?? [...stageNames];
  const unknown = stages.find((name) => !isStage(name));
  if (unknown !== undefined) throw refuse(`there is no stage "${unknown}"; the stages are ${stageNames.join(', ')}`);
  const concurrency = options.concurrency === undefined ? undefined : Number(options.concurrency);
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0 && concurrency <= 1000)) {
    throw refuse('--concurrency must be a whole number from 1 to 1000');
  }
  return withOffice(async (office) => {
    const stop = stopOnSignals();
    const running = await startWorker(office, { stages: stages.filter(isStage), concurrency });
    office.log.info({ stages, backend: (await office.queues()).backend }, 'worker takes chunks; SIGTERM stops it');
    if (!stop.aborted) await new Promise<void>((end) => stop.addEventListener('abort', () => end(), { once: true }));
    office.log.info('worker stops: chunks end or are handed back');
    await running.close();
    return done({ stopped: true }, 'The worker has stopped; nothing is left half done.');
  });
}

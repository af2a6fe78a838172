import { isAway } from '../../db/reach.ts';

let stopping: AbortController | undefined;

/**
 * BullMQ takes its listeners off a connection before it has closed it: when the server goes away in between, nobody
 * hears that connection's error, and Node would end the process. `lost` hears it; whatever else nobody caught still
 * ends the process with exit 1.
 */
export function outliveLostConnections(lost: (error: Error) => void): void {
  process.on('uncaughtException', (error) => {
    if (isAway(error)) return lost(error);
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(1);
  });
}

/** Ends the process `ms` after the stop was asked, where something still keeps it; `said` is called before. */
export function leaveAfter(stop: AbortSignal, ms: number, said: () => void): void {
  const leave = () => {
    said();
    process.exit(1);
  };
  stop.addEventListener('abort', () => setTimeout(leave, ms).unref(), { once: true });
}

/**
 * One signal stops cleanly (chunks end or are handed back), a second one ends the process at once: even then nothing is
 * broken, for the leases run out. The exit code of the second is 128 + 2 or 15. The same for the whole process, however
 * often it is asked for.
 */
export function stopOnSignals(): AbortSignal {
  if (stopping) return stopping.signal;
  const controller = new AbortController();
  stopping = controller;
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort();
    });
  }
  return controller.signal;
}

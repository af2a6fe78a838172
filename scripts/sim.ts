import { existsSync } from 'node:fs';
import { refuse } from '../jobs/errors.ts';
import { startSim } from '../sim/index.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import type { GlobalOptions, Report } from './command.ts';
import { done } from './command.ts';

export interface SimOptions {
  readonly data: string;
  readonly faults?: string;
  readonly log?: string;
}

/** `sim`: serves until SIGTERM; with --json its one line is printed once every counterpart listens. */
export async function sim(options: SimOptions, { json }: GlobalOptions): Promise<Report> {
  if (!existsSync(options.data)) throw refuse(`there is no directory ${options.data}`);
  const stop = stopOnSignals();
  const running = await startSim(options).catch((error: unknown) => {
    throw refuse(error instanceof Error ? error.message : String(error));
  });
  const lines = Object.entries(running.env).map(([name, value]) => `export ${name}='${value}'`);
  process.stdout.write(json ? `${JSON.stringify(running.env)}\n` : `${lines.join('\n')}\n`);
  if (!stop.aborted) await new Promise<void>((end) => stop.addEventListener('abort', () => end(), { once: true }));
  await running.close();
  return { ...done(null), silent: true };
}

import { refuse } from '../jobs/errors.ts';
import { startConsole } from '../web/index.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { done, type Report, withOffice } from './command.ts';

/** `console [--port 8080] [--host 127.0.0.1]`: serves the read-only page until SIGTERM. */
export function console(options: { port: string; host?: string }): Promise<Report> {
  if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65_535) throw refuse('--port must be from 0 to 65535');
  return withOffice(async (office) => {
    const stop = stopOnSignals();
    const { url, close } = await startConsole(office, { port: Number(options.port), host: options.host });
    const once = url.includes('token=') ? ' (this link works once)' : '';
    process.stderr.write(`The console is at ${url}${once}; SIGTERM or Ctrl-C stops it.\n`);
    if (!stop.aborted) await new Promise<void>((end) => stop.addEventListener('abort', () => end(), { once: true }));
    await close();
    return done({ stopped: true }, 'The console has stopped.');
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../scripts/prakerja.js', import.meta.url));

/** A `prakerja` of its own, as a real process. */
export interface Command {
  readonly process: ChildProcess;
  /** Its exit code, or null when a signal ended it, and what it said on stderr. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

export function startCommand(words: readonly string[], environment: Readonly<Record<string, string>>): Command {
  const child = spawn(process.execPath, [PROGRAM, ...words], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  return { process: child, ended };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../scripts/prakerja.js', import.meta.url));

/** A `prakerja` of its own, as a real process. */
export interface Command {
  readonly process: ChildProcess;
  /** Its exit code, or null when a signal ended it, and what it said on stderr. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  /** Resolves when it has said this on stderr, `times` times. @throws when it ends without */
  said(text: string, times?: number): Promise<void>;
}

export function startCommand(words: readonly string[], environment: Readonly<Record<string, string>>): Command {
  const child = spawn(process.execPath, [PROGRAM, ...words], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  let over = false;
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    return { code: code as number | null, stderr };
  });
  const said = async (words: string, times = 1) => {
    while (stderr.split(words).length <= times) {
      if (over) throw new Error(`it ended without saying "${words}": ${stderr}`);
      await Promise.race([once(child.stderr, 'data'), ended]);
    }
  };
  return { process: child, ended, said };
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `prakerja` to its end, with `input` on its stdin. */
export async function runCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  input: string | Uint8Array = '',
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { env: environment, stdio: 'pipe' });
  child.stdin.on('error', () => undefined); // it may end before it has read anything
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close').then(([end]) => end as number | null),
  ]);
  return { code, stdout, stderr };
}

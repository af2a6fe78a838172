import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A child process that is always ended by its own id, and whose last words are kept for the error. */
export interface Child {
  readonly process: ChildProcess;
  /** What it has written to stdout and stderr so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Resolves when it has ended well. @throws with its last words when it has not */
  ended(): Promise<string>;
  /** SIGTERM, and SIGKILL when that is not enough. Safe to call twice. */
  stop(): Promise<void>;
}

interface Options {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** With a channel for messages. */
  readonly ipc?: boolean;
}

const LAST_WORDS = 2000;
const STOP_WITHIN_MS = 10_000;

/** Only what a child needs of our environment: nobody's DATABASE_URL or counterpart must leak into a measurement. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG'] as const;

const running = new Set<Child>();

/** Ends every child that still runs: what a signal to us must not leave behind. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** Starts a child process with a clean environment. */
export function start(options: Options): Child {
  const inherited = INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  const child = spawn(options.command, options.args, {
    env: { ...Object.fromEntries(inherited), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  closed.catch(() => undefined); // told by ended()
  const made: Child = {
    process: child,
    output: () => ({ stdout, stderr }),
    async ended() {
      const [code, signal] = await closed;
      if (code === 0) return stdout;
      const words = `${stdout}${stderr}`.trim().slice(-LAST_WORDS);
      throw new Error(`${options.args.join(' ')} ended with ${code ?? signal}: ${words}`);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await closed.catch(() => undefined);
      clearTimeout(timer);
    },
  };
  running.add(made);
  child.once('close', () => running.delete(made));
  return made;
}

/** Runs a child to its end. @throws with its last words, or when it takes longer than the limit */
export async function runToEnd(options: Options, limit_ms: number): Promise<string> {
  const child = start(options);
  const timer = setTimeout(() => void child.stop(), limit_ms);
  try {
    return await child.ended();
  } finally {
    clearTimeout(timer);
    await child.stop();
  }
}

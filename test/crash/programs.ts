import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// Real processes of the program: of the copy that this file lies in, made ready by small.ts.

const PROGRAM = fileURLToPath(new URL('../../ready/scripts/cli.js', import.meta.url));
const AGENT = new URL('../../ready/test/crash/agent.js', import.meta.url).href;
const KEPT_CHARACTERS = 2000;

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it said on stderr. */
  readonly stderr: string;
}

export interface Program {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

/** What a program of ours is started with: nothing of the harness's own environment but where programs are found. */
const around = (environment: Environment) => ({ PATH: process.env.PATH ?? '', ...environment });

/** Starts a program that stays, with the agent in it: it ends with the harness. */
export function startProgram(words: readonly string[], environment: Environment): Program {
  const child = spawn(process.execPath, ['--import', AGENT, PROGRAM, ...words], {
    env: around(environment),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => {
    stderr = (stderr + data.toString()).slice(-KEPT_CHARACTERS);
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }) as Ended);
  if (child.pid === undefined) throw new Error('no process could be started');
  return { process: child, pid: child.pid, ended };
}

/** Starts the counterparts and resolves with the environment that points at them, once they listen. */
export async function startCounterparts(
  data: string,
  faults: string,
  log: string,
  environment: Environment,
): Promise<{ program: Program; env: Environment }> {
  const program = startProgram(['sim', '--data', data, '--faults', faults, '--log', log, '--json'], environment);
  const lines = createInterface({ input: program.process.stdout as NodeJS.ReadableStream });
  const died = program.ended.then(({ stderr }) => {
    throw new Error(`the counterparts did not start: ${stderr}`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), died])) as string[];
  died.catch(() => undefined);
  return { program, env: JSON.parse(line as string) as Environment };
}

/** Where a command's disk is full after a few kilobytes, which its `--out` names: a file system nobody else sees. */
const ON_A_FULL_DISK =
  'mount -t tmpfs -o size=4k full "$1" || exit 125; dir=$1; shift; "$@" > /dev/null; code=$?; ls -A "$dir"; exit $code';
/** Where none can be mounted, the files of the command may not grow. */
const WITH_SMALL_FILES =
  'trap "" XFSZ; ulimit -f 8; dir=$1; shift; "$@" > /dev/null; code=$?; ls -A "$dir"; exit $code';

/** Exports into `dir`, an empty directory, on a full disk. Resolves with the exit code and the names that are left there. */
export async function exportOntoFullDisk(name: string, dir: string, environment: Environment) {
  const words = [process.execPath, PROGRAM, 'export', name, '--out', `${dir}/${name}.csv`];
  const own = process.getuid?.() === 0 ? '--mount' : '-rm';
  const mounted = await run('unshare', [own, 'sh', '-c', ON_A_FULL_DISK, 'full', dir, ...words], environment);
  if (mounted.code === 0 || mounted.code === 1) return mounted;
  return run('sh', ['-c', WITH_SMALL_FILES, 'full', dir, ...words], environment);
}

/** Runs `prakerja` to its end. */
export function runProgram(words: readonly string[], environment: Environment) {
  return run(process.execPath, [PROGRAM, ...words], environment);
}

async function run(command: string, words: readonly string[], environment: Environment) {
  const child = spawn(command, words, { env: around(environment), stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const code = await once(child, 'close').then(
    ([end]) => end as number | null,
    () => null,
  );
  return { code, stdout, stderr };
}

/**
 * Stops a process in its tracks. What is returned lets it go on; so does the end of the harness, however it comes, lest
 * a process stand still for ever.
 */
export function freeze(pid: number): () => Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const guard = spawn('sh', ['-c', 'cat > /dev/null; kill -CONT "$1"', 'guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(guard, 'exit');
  return async () => {
    guard.stdin.end();
    await gone;
  };
}

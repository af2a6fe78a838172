import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from './peers/child.ts';
import { type Servers, startServers } from './peers/servers.ts';

/**
 * Runs a benchmark on servers and in a directory of its own, and leaves nothing behind, whatever ends it.
 * @param work returns whether everything was right; if not, or when it throws, the exit code is 1
 */
export async function withServers(
  name: string,
  work: (servers: Servers, dir: string) => Promise<boolean>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), `prakerja-bench-${name}-`));
  let servers: Servers | undefined;
  const leave = async () => {
    await stopAll();
    await servers?.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void leave().then(() => process.exit(1)));
  try {
    servers = await startServers(dir);
    if (!(await work(servers, dir))) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`the benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await leave();
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fail } from '../jobs/errors.ts';

export interface Counterparts {
  /** The variables that point the program at them. */
  readonly env: Readonly<Record<string, string>>;
  readonly bounces: string;
  /** Fetches the bank's statement of some days into a file's text. */
  statement(from: string, to: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts `prakerja sim` as a process of its own: the counterparts share neither memory nor event loop with us. */
export async function startCounterparts(nation: string, log: string): Promise<Counterparts> {
  const program = fileURLToPath(new URL('./prakerja.js', import.meta.url));
  const child = spawn(process.execPath, [program, 'sim', '--data', nation, '--log', log, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), ended.then(() => undefined)]);
  if (line === undefined) throw fail('the counterparts did not start; what they said stands above');
  const env = JSON.parse(line) as Record<string, string>;
  return {
    env,
    bounces: join(log, 'bounces'),
    statement: async (from, to) => {
      const response = await fetch(`${env.BANK_URL}/sim/statement?from=${from}&to=${to}&format=camt053`);
      if (!response.ok) throw fail(`the bank gave no statement (HTTP ${response.status})`);
      return response.text();
    },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { bugs, misplaced } from './bugs.ts';

const SEEDS = 8;
/** Some seconds a schedule where other test files run beside it. */
const TIMEOUT = { timeout: 300_000 };
const DAY_MS = 86_400_000;
/** Another share of the seeds, and another bug, every day. */
const today = Math.floor(Date.now() / DAY_MS);
const bug = Object.keys(bugs)[today % Object.keys(bugs).length] as string;

async function crash(...words: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/crash/main.ts', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = text(child.stdout);
  const code = await new Promise<number | null>((end) => child.on('close', end));
  return { code, said: await said };
}

it(`seeds of day ${today}: whatever dies, the result is that of a quiet day`, TIMEOUT, async () => {
  const { code, said } = await crash('--seeds', String(SEEDS), '--from', String(today * SEEDS), '--jobs', '1');
  expect(said).toContain(`${SEEDS} schedules`);
  expect({ code, failures: said.match(/^seed \d+ FAILED.*/gm) }).toEqual({ code: 0, failures: null });
});

it(`a planted bug is found: ${bug}`, TIMEOUT, async () => {
  const { code, said } = await crash('--bug', bug, '--seeds', '50', '--from', '1', '--jobs', '1');
  expect(said).toMatch(new RegExp(`^${bug} +found with \\d+ seeds`, 'm'));
  expect(code).toBe(0);
});

it('each planted bug has its place in the program', () => {
  expect(Object.values(bugs).flatMap(misplaced)).toEqual([]);
});

import { symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Change } from './bugs.ts';

/** Rows in a chunk, so that 150 people are many chunks; and a lease that a stopped worker outlives in seconds. */
const ROWS = 12;
const PAYOUT_ROWS = 3;
export const LEASE_SECONDS = 2;

const whole = 'chunk_rows_max: Number.MAX_SAFE_INTEGER, concurrency: 1, lease_seconds:';
const rows = (stage: string, before: string, concurrency: number, after: number): Change => ({
  file: 'jobs/stages.ts',
  find: `${stage}: { chunk_rows_max: ${before}, concurrency: ${concurrency}, lease_seconds: 60 }`,
  replace: `${stage}: { chunk_rows_max: ${after}, concurrency: ${concurrency}, lease_seconds: ${LEASE_SECONDS} }`,
});
const number = (file: string, name: string, before: string, after: string): Change => ({
  file,
  find: `const ${name} = ${before};`,
  replace: `const ${name} = ${after};`,
});

/** What is changed in the copy of the program that the harness of processes plays: numbers, and which bank answers. */
export const smallNumbers: readonly Change[] = [
  rows('email', '4_000', 2, ROWS),
  rows('dukcapil', '3_000', 4, ROWS),
  rows('layer3', '4_000', 2, ROWS),
  rows('payout', '50', 4, PAYOUT_ROWS),
  ...['dedupe', 'assignment'].map((stage) => ({
    file: 'jobs/stages.ts',
    find: `${stage}: { ${whole} 120 }`,
    replace: `${stage}: { ${whole} ${LEASE_SECONDS} }`,
  })),
  number('workers/payout/turns.ts', 'ORDERS_AT_ONCE', '8', '2'),
  number('workers/runtime/sweeper.ts', 'FORGOTTEN_AFTER_SECONDS', '10', '1'),
  number('workers/runtime/queues.ts', 'LOCK_MS', '60_000', '4000'),
  {
    file: 'sim/bank.ts',
    find: `personality: options.personality ?? 'honours'`,
    replace: `personality: options.personality ?? (process.env.CRASH_BANK === 'ignores' ? 'ignores' : 'honours')`,
  },
];

/** What we use of esbuild, which comes with tsx. */
interface Bundler {
  buildSync(options: Readonly<Record<string, unknown>>): unknown;
}

/** Some of the packages are CommonJS and ask for Node's own modules. */
const REQUIRE = `import { createRequire as from } from 'node:module'; const require = from(import.meta.url);`;

/**
 * Puts a copy of the program, with its packages and the agent, into few files below `ready/`: a process that loads the
 * sources anew at each start takes four times as long, and a schedule starts ten.
 */
export function makeReady(root: string): void {
  const ofTsx = createRequire(createRequire(import.meta.url).resolve('tsx'));
  const bundler = ofTsx('esbuild') as Bundler;
  bundler.buildSync({
    absWorkingDir: root,
    entryPoints: ['scripts/cli.ts', 'test/crash/agent.ts'],
    outdir: 'ready',
    bundle: true,
    // What both use, such as the boundaries, is one module for both.
    splitting: true,
    format: 'esm',
    platform: 'node',
    banner: { js: REQUIRE },
  });
  symlinkSync(join(root, 'db/migrations'), join(root, 'ready/migrations'));
}

import { describe, expect, it } from 'vitest';
import { cycles, importsOf, longParts, type Source, violations } from './helpers/architecture.ts';
import { projectSources } from './helpers/sources.ts';

const sources = projectSources();

describe('the table of imports', () => {
  it('sees the project: more than 100 files, and every layer', () => {
    expect(sources.length).toBeGreaterThan(100);
    const layers = ['jobs/', 'db/', 'workers/runtime/', 'workers/payout/statement/', 'scripts/', 'sim/', 'test/'];
    const stages = ['dedupe', 'email', 'dukcapil', 'layer3', 'assignment', 'payout'].map(
      (stage) => `workers/${stage}/`,
    );
    for (const layer of [...layers, ...stages]) {
      expect(sources.filter(({ path }) => path.startsWith(layer)).length, layer).toBeGreaterThan(0);
    }
    const imports = sources.reduce((sum, source) => sum + importsOf(source.text).length, 0);
    expect(imports).toBeGreaterThan(500);
  });

  it('is kept', () => expect(violations(sources)).toEqual([]));
  it('nobody imports in a circle', () => expect(cycles(sources)).toEqual([]));
  it('files have at most 300 lines, functions at most 70', () => expect(sources.flatMap(longParts)).toEqual([]));
});

describe('it would be seen', () => {
  const rules = 'workers/email/rules.ts';
  it.each<[string, string, string, string]>([
    ['jobs/ knows nobody', 'jobs/a.ts', `import { b } from '../db/b.ts';`, 'db/b.ts'],
    ['db/ knows no stage', 'db/a.ts', `export * from '../workers/dedupe/store.ts';`, 'workers/dedupe/store.ts'],
    [
      'one stage and another',
      'workers/email/a.ts',
      `import type { B } from '../layer3/rules.ts';`,
      'workers/layer3/rules.ts',
    ],
    ['rules and the database', rules, `import { b } from '../../db/chunk.ts';`, 'db/chunk.ts'],
    ['rules and node', rules, `import { readFileSync } from 'node:fs';`, 'node:fs'],
    ['a stage and the database', 'workers/email/stage.ts', `import { b } from '../../db/chunk.ts';`, 'db/chunk.ts'],
    [
      'a stage and the runtime',
      'workers/email/store.ts',
      `import { b } from '../runtime/log.ts';`,
      'workers/runtime/log.ts',
    ],
    [
      'a command and a store',
      'scripts/a.ts',
      `const b = await import('../workers/payout/store.ts');`,
      'workers/payout/store.ts',
    ],
    ['a command and the simulators', 'scripts/run.ts', `import { b } from '../sim/index.ts';`, 'sim/index.ts'],
    ['the console and the simulators', 'web/page.ts', `import { b } from '../sim/index.ts';`, 'sim/index.ts'],
    ['the simulators and us', 'sim/a.ts', `import { b } from '../jobs/money.ts';`, 'jobs/money.ts'],
    ['bullmq outside its file', 'workers/runtime/worker.ts', `import { Worker } from 'bullmq';`, 'bullmq'],
    ['tests in the program', 'db/a.ts', `import { b } from '../test/helpers/server.ts';`, 'test/helpers/server.ts'],
    [
      'the runtime and a client',
      'workers/runtime/a.ts',
      `import { b } from '../email/client.ts';`,
      'workers/email/client.ts',
    ],
    ['a re-export over two lines', 'jobs/a.ts', `export {\n  b,\n} from '../db/b.ts';`, 'db/b.ts'],
    ['a bare import', 'jobs/a.ts', `import '../db/b.ts';`, 'db/b.ts'],
    ['console', 'db/a.ts', `console.log('here');`, 'console.log'],
  ])('%s', (_, path, text, named) => {
    expect(violations([{ path, text }])).toEqual([`${path}: ${named}`]);
  });

  it('node: behind what rules import', () => {
    const files: Source[] = [
      { path: rules, text: `import { b } from './b.ts';` },
      { path: 'workers/email/b.ts', text: `import { c } from '../../jobs/c.ts';` },
      { path: 'jobs/c.ts', text: `import { createHash } from 'node:crypto';` },
    ];
    expect(violations(files)).toEqual([`jobs/c.ts: node:crypto (reached from ${rules})`]);
  });

  it('but not an import for its types alone, a comment, or a string', () => {
    const text = `import type { Hash } from 'node:crypto';\n// import { b } from '../../db/b.ts';\nconst c = "import '../../db/c.ts'";`;
    expect(violations([{ path: rules, text }])).toEqual([]);
  });

  it('a circle', () => {
    const one = { path: 'jobs/a.ts', text: `import { b } from './b.ts';` };
    const two = { path: 'jobs/b.ts', text: `import { a } from './a.ts';` };
    expect(cycles([one, two])).toEqual(['jobs/a.ts > jobs/b.ts > jobs/a.ts']);
    expect(cycles([one])).toEqual([]);
  });

  it('a long file and a long function', () => {
    const lines = (n: number) => '  a();\n'.repeat(n);
    expect(longParts({ path: 'jobs/a.ts', text: lines(301) })).toEqual(['jobs/a.ts: 301 lines']);
    expect(longParts({ path: 'jobs/a.ts', text: `export function long() {\n${lines(70)}}\n` })).toEqual([
      'jobs/a.ts: long has 72 lines',
    ]);
    expect(longParts({ path: 'jobs/a.ts', text: `const long = async (a: string) => {\n${lines(70)}};\n` })).toEqual([
      'jobs/a.ts: long has 72 lines',
    ]);
    expect(
      longParts({ path: 'jobs/a.ts', text: `class A {\n  async long(): Promise<void> {\n${lines(70)}  }\n}\n` }),
    ).toEqual(['jobs/a.ts: long has 72 lines']);
    expect(longParts({ path: 'jobs/a.ts', text: `function fair() {\n${lines(68)}}\n` })).toEqual([]);
  });
});

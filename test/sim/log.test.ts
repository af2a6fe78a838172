import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog } from '../../sim/log.ts';
import { tempDir } from './helpers.ts';

it('appends lines in order, over several openings, without waiting for close', () => {
  const path = join(tempDir(), 'deep', 'x.ndjson');
  const first = openLog(path);
  first.write({ n: 1 });
  first.write({ n: 2 });
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n');
  first.close();
  first.close();
  first.write({ n: 'after close' });
  const second = openLog(path);
  second.write({ n: 3 });
  second.close();
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
});

it('ends a torn last line before it goes on', () => {
  const path = join(tempDir(), 'x.ndjson');
  writeFileSync(path, '{"n":1}\n{"n":');
  const log = openLog(path);
  log.write({ n: 3 });
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":\n{"n":3}\n');
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, type Line, lineFaults, readLines } from '../../../db/import/lines.ts';
import { BROKEN_QUOTES, csvRecords, type DataRecord } from '../../../db/import/records.ts';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function linesOf(bytes: Uint8Array, size = bytes.length): Promise<Line[]> {
  const all: Line[] = [];
  for await (const block of readLines(pieces(bytes, Math.max(1, size)))) all.push(...block);
  return all;
}

async function recordsOf(text: string): Promise<DataRecord[]> {
  const all: DataRecord[] = [];
  for await (const block of csvRecords(readLines(pieces(Buffer.from(text), 1000)))) all.push(...block);
  return all;
}

const cells = (record: DataRecord) => record.fault ?? record.cells ?? record.text.split(',');

describe('lines', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom('a', '"', ',', '\n', '\r\n', '\0', 'é', '\ufeff', '\xff', '""'), { maxLength: 80 })
      .map((parts) => Buffer.from(parts.join(''), parts.includes('\xff') ? 'latin1' : 'utf8')),
  );

  it('are the same in pieces of any size, numbered one by one, and hold every byte', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        const whole = await linesOf(bytes);
        expect(await linesOf(bytes, size)).toEqual(whole);
        expect(whole.map((line) => line.line)).toEqual(whole.map((_, i) => i + 1));
        const joined = Buffer.concat(whole.flatMap((line) => [line.raw ?? Buffer.from(line.text), Buffer.from('\n')]));
        const bom = Buffer.from(bytes)
          .subarray(0, 3)
          .equals(Buffer.from([0xef, 0xbb, 0xbf]))
          ? 3
          : 0;
        const expected = Buffer.from(bytes).subarray(bom);
        const ended = expected.length === 0 || expected.at(-1) === 10;
        expect(joined.equals(ended ? expected : Buffer.concat([expected, Buffer.from('\n')]))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([100, 1000, LINE_BYTES_MAX, 1_000_000])(
    'of 64 KiB are fine, of one byte more are not, in pieces of %i',
    async (size) => {
      const at = async (text: string) =>
        (await linesOf(Buffer.from(`x\n${text}\ny`), size)).map((line) => line.fault ?? 'fine');
      expect(await at('a'.repeat(LINE_BYTES_MAX))).toEqual(['fine', 'fine', 'fine']);
      expect(await at(`${'a'.repeat(LINE_BYTES_MAX)}\r`)).toEqual(['fine', 'fine', 'fine']);
      expect(await at('a'.repeat(LINE_BYTES_MAX + 1))).toEqual(['fine', lineFaults.too_long, 'fine']);
      expect(await at('é'.repeat(LINE_BYTES_MAX / 2))).toEqual(['fine', 'fine', 'fine']);
      expect(await at(`${'é'.repeat(LINE_BYTES_MAX / 2)}a`)).toEqual(['fine', lineFaults.too_long, 'fine']);
    },
  );

  it('of a gigabyte take no memory', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    async function* gigabyte(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 1024; i++) yield piece;
      yield Buffer.from('\nend');
    }
    const before = process.memoryUsage().rss;
    const seen: Line[] = [];
    for await (const block of readLines(gigabyte())) seen.push(...block);
    expect(seen.map((line) => [line.line, line.fault ?? line.text])).toEqual([
      [1, lineFaults.too_long],
      [2, 'end'],
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('records', () => {
  const texts: [string, unknown[]][] = [
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['"a","b"\n', [['a', 'b']]],
    ['"a""b",\n', [['a"b', '']]],
    ['"a\nb",c\nd', [['a\nb', 'c'], ['d']]],
    ['"a\r\nb",c\r\nd\r\n', [['a\r\nb', 'c'], ['d']]],
    ['"a\n\nb"', [['a\n\nb']]],
    ['a"b\nc', [BROKEN_QUOTES, ['c']]],
    ['"a"b\nc', [BROKEN_QUOTES, ['c']]],
    ['"a\nb\nc', [BROKEN_QUOTES, ['b'], ['c']]],
    ['"a\nb,"c"\nd', [BROKEN_QUOTES, ['b', 'c'], ['d']]],
    ['"a\n"b\nc', [BROKEN_QUOTES, BROKEN_QUOTES, ['c']]],
    ['"a\n\0\nb', [BROKEN_QUOTES, lineFaults.nul, ['b']]],
    ['""', [['']]],
    ['"', [BROKEN_QUOTES]],
  ];
  it.each(texts)('%j', async (text, expected) => {
    expect((await recordsOf(text)).map(cells)).toEqual(expected);
  });

  it('a record over 64 KiB loses its first line only', async () => {
    const long = Array.from({ length: 700 }, () => 'x'.repeat(100)).join('\n');
    const records = await recordsOf(`"${long}"\nlast`);
    expect(records).toHaveLength(701);
    expect(records[0]).toMatchObject({ line: 1, fault: BROKEN_QUOTES });
    // The last line of the long cell has a closing quote that nothing opened.
    expect(records[699]).toMatchObject({ line: 700, fault: BROKEN_QUOTES });
    expect(records[700]).toMatchObject({ line: 701, text: 'last' });
  });

  it('what a CSV writer writes is read back, whatever the cells hold', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', 'é', ' ') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), async (rows) => {
        const written = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')).join('\n');
        expect((await recordsOf(written)).map(cells)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it('every line that is not blank comes out once, in order, whatever the quotes', async () => {
    const part = fc.constantFrom('a', '"', ',', '\n', '""', 'b');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 60 }), async (parts) => {
        const text = parts.join('');
        const records = await recordsOf(text);
        const seen = records.flatMap((record) => record.text.split('\n').map((_, i) => record.line + i));
        const all = text.split('\n');
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        const missing = all.map((_, i) => i + 1).filter((n) => !seen.includes(n));
        expect(missing.filter((n) => all[n - 1] !== '')).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

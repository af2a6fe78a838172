import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as columns from '../../../db/import/columns.ts';
import { copyValue } from '../../../db/import/copy.ts';
import { csvValues, ndjsonValues } from '../../../db/import/header.ts';
import type { Kind } from '../../../db/import/kind.ts';
import { withoutCr } from '../../../db/import/lines.ts';
import { PlainRows } from '../../../db/import/plain-rows.ts';
import { wellFormedNik } from '../../../db/import/plain-values.ts';
import { nikNumberOf } from '../../../db/import/registrations.ts';

const isPlain = (column: columns.Column, value: string) => {
  const bytes = Buffer.from(`,${value},`);
  return column.plain?.(bytes, 1, bytes.length - 1);
};

/** Values that are right, nearly right, and anything. */
const digits = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });
const nearly = fc.oneof(
  fc.string({ unit: 'binary' }),
  digits(0, 18),
  fc
    .date({ min: new Date(-1e13), max: new Date(4e12), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10)),
  fc
    .tuple(fc.nat(9999), fc.nat(13), fc.nat(32))
    .map(([y, m, d]) => `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`),
  fc
    .tuple(
      fc.nat(9999),
      fc.nat(13),
      fc.nat(32),
      fc.nat(25),
      fc.nat(61),
      fc.nat(61),
      fc.constantFrom('Z', '+07:00', '-15:59', '+16:00', '+0700', '.5Z', '', '+07:60'),
    )
    .map(([y, m, d, h, n, s, zone]) => {
      const two = (number: number) => String(number).padStart(2, '0');
      return `${String(y).padStart(4, '0')}-${two(m)}-${two(d)}T${two(h)}:${two(n)}:${two(s)}${zone}`;
    }),
  fc.constantFrom(
    'true',
    'false',
    'TRUE',
    'L',
    'P',
    '',
    ' ',
    '\u00a0',
    'A-1',
    'A_1.b',
    'x'.repeat(64),
    'x'.repeat(65),
    '0',
    '12',
    '012',
  ),
);

const kinds: readonly columns.Column[] = [
  columns.text('any'),
  columns.required('required'),
  columns.shortText('short', 5),
  columns.registrationId,
  columns.nikNumber,
  columns.batchNumber,
  columns.instant('at'),
  columns.date('day'),
  columns.optionalDate('until'),
  columns.boolean('flag'),
  columns.oneOf('sex', ['L', 'P']),
];

describe('a plain value is one that the text reader lets pass as it stands', () => {
  it.each(kinds.map((column) => [column.name, column] as const))('%s', (_, column) => {
    fc.assert(
      fc.property(nearly, (value) => {
        if (!isPlain(column, value)) return;
        expect(column.check(value)).toBeUndefined();
        expect(column.toSql ? column.toSql(value) : value).toBe(value);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    [columns.instant('at'), '2020-02-29T23:59:59+07:00', true],
    [columns.instant('at'), '2021-02-29T23:59:59+07:00', false],
    [columns.date('day'), '2000-02-28', true],
    [columns.nikNumber, '3471130107666377', true],
    [columns.boolean('flag'), 'false', true],
    [columns.required('name'), 'Budi', true],
    [columns.required('name'), '', false],
  ] as const)('%o: %s', (column, value, plain) => expect(isPlain(column, value)).toBe(plain));

  it('a NIK that could be somebody’s, and no other', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          digits(16, 16),
          digits(14, 17),
          fc.constantFrom('3471130107666377', '3471130107660000', '9971130107666377'),
        ),
        (nik) => {
          const bytes = Buffer.from(nik);
          expect(wellFormedNik(bytes, 0, bytes.length)).toBe(nikNumberOf(nik) === nik);
        },
      ),
    );
  });
});

const kind: Kind = {
  format: 'csv',
  table: 'none',
  columns: [columns.registrationId, columns.text('name'), columns.date('day')],
  derived: [{ name: 'again', type: 'text', sameAs: 'name', value: (values) => values[1] ?? null }],
  merge: async () => 0,
};

/** What the text reader makes of a line; undefined: a fault. */
function asText(of: Kind, line: string, header: string): string | undefined {
  const record = { line: 7, text: withoutCr(line) };
  const values = (of.format === 'csv' ? csvValues(of.columns, { line: 1, text: header }) : ndjsonValues(of.columns))(
    record,
  );
  if ('reason' in values || of.columns.some((column, i) => column.check(values[i] ?? '') !== undefined))
    return undefined;
  const derived = (of.derived ?? []).map((column) => column.value(values));
  return `7\t${[...values, ...derived].map(copyValue).join('\t')}\n`;
}

function asBytes(of: Kind, line: string, header: string): string | undefined {
  const rows = PlainRows.of(of, header.split(','));
  const bytes = Buffer.from(line);
  return rows?.take(bytes, 0, bytes.length, 7) ? rows.piece().toString() : undefined;
}

const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aé"\\,\t\r \0-19') }),
  fc.constantFrom('R1', '2020-01-31', 'Siti'),
);

describe('rows from bytes are those that the text reader makes', () => {
  it('CSV, columns in any order with strangers between', () => {
    const headers = ['registration_id,name,day', 'day,other,registration_id,name'];
    fc.assert(
      fc.property(fc.constantFrom(...headers), fc.array(cell, { minLength: 2, maxLength: 5 }), (header, cells) => {
        const line = cells.join(',');
        const row = asBytes(kind, line, header);
        if (row !== undefined) expect(row).toBe(asText(kind, line, header));
      }),
      { numRuns: 5000, examples: [['day,other,registration_id,name', ['2020-01-31', 'R1', 'R1', '\r']]] },
    );
    expect(asBytes(kind, '2020-01-31,x,R1,Siti', 'day,other,registration_id,name')).toBe(
      '7\tR1\tSiti\t2020-01-31\tSiti\n',
    );
    expect(asBytes(kind, 'R1,Siti,2020-01-31\r', 'registration_id,name,day')).toBe('7\tR1\tSiti\t2020-01-31\tSiti\n');
  });

  it.each(['R1,"Siti",2020-01-31', 'R1,Si\\ti,2020-01-31', 'R1,Siti', 'R1,Siti,2020-01-31,', 'R1,Siti,2020-02-31', ''])(
    'left to the text reader: %j',
    (line) => expect(asBytes(kind, line, 'registration_id,name,day')).toBeUndefined(),
  );

  const { derived: _, ...plainKind } = kind;
  const lines: Kind = {
    ...plainKind,
    format: 'ndjson',
    columns: [columns.registrationId, columns.optionalText('name')],
  };

  it('NDJSON, members in any order', () => {
    const member = fc.tuple(fc.constantFrom('registration_id', 'name', 'other'), fc.oneof(cell, fc.integer()));
    fc.assert(
      fc.property(fc.array(member, { maxLength: 4 }), fc.boolean(), (members, blanks) => {
        const pairs = members.map(
          ([name, value]) => `${JSON.stringify(name)}:${blanks ? ' ' : ''}${JSON.stringify(value)}`,
        );
        const line = `{${pairs.join(',')}}`;
        const row = asBytes(lines, line, '');
        if (row !== undefined) expect(row).toBe(asText(lines, line, ''));
      }),
      { numRuns: 5000 },
    );
    expect(asBytes(lines, '{"name":"Siti","registration_id":"R1"}', '')).toBe('7\tR1\tSiti\n');
    expect(asBytes(lines, '{"other":"x","registration_id":"R1"}', '')).toBe('7\tR1\t\n');
  });

  it.each([
    '{"registration_id":"R1","registration_id":"R2"}',
    '{"registration_id":"R1","name":null}',
    '{"name":"Siti"}',
    '{"registration_id":"R1"}}',
    '{"registration_id":"R1",}',
    '{"registration_id":"R\\u0031"}',
    '{"registration_id":"R1" ',
    '{}',
  ])('left to the text reader: %s', (line) => expect(asBytes(lines, line, '')).toBeUndefined());

  it('a kind with a check over the whole row, or a column for text alone, is read as text', () => {
    expect(PlainRows.of({ ...kind, checkRow: () => undefined }, ['registration_id', 'name', 'day'])).toBeUndefined();
    const { plain: _, ...textOnly } = columns.text('name');
    expect(
      PlainRows.of({ ...kind, columns: [columns.registrationId, textOnly, columns.date('day')] }, []),
    ).toBeUndefined();
  });
});

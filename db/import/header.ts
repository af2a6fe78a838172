import { refuse } from '../../jobs/errors.ts';
import { type Column, type Fault, unstorable } from './columns.ts';
import type { DataRecord } from './records.ts';

/** The cells of a CSV record. */
export function cellsOf(record: DataRecord): readonly string[] {
  return record.cells ?? record.text.split(',');
}

/**
 * Reads the header line: where each column of the kind stands, in any order, others ignored.
 * @returns what gives a record's values in the order of `columns`.
 * @throws exit 2 naming the column that is missing or there twice: nothing of the file is used.
 */
export function csvValues(
  columns: readonly Column[],
  header: DataRecord,
): (record: DataRecord) => readonly string[] | Fault {
  if (header.fault !== undefined) throw refuse(`the header cannot be read: ${header.fault}; nothing was imported`);
  const names = cellsOf(header).map((name) => name.trim());
  const positions = columns.map(({ name }) => {
    const position = names.indexOf(name);
    if (position < 0) throw refuse(`the header has no column "${name}"; nothing was imported`);
    if (names.lastIndexOf(name) !== position)
      throw refuse(`the header has the column "${name}" twice; nothing was imported`);
    return position;
  });
  const wrongCount = { column: '', reason: `not ${names.length} columns` };
  return (record) => {
    const cells = cellsOf(record);
    return cells.length === names.length ? positions.map((position) => cells[position] ?? '') : wrongCount;
  };
}

/** The values of an NDJSON line: an object whose members are strings. */
export function ndjsonValues(columns: readonly Column[]): (record: DataRecord) => readonly string[] | Fault {
  return (record) => {
    const object = parseObject(record.text);
    if (object === undefined) return { column: '', reason: 'not a JSON object' };
    const values: string[] = [];
    for (const { name, optional } of columns) {
      const value = Object.hasOwn(object, name) ? object[name] : undefined;
      if (optional && (value === undefined || value === null)) values.push('');
      else if (typeof value !== 'string')
        return { column: name, reason: value === undefined ? 'missing' : 'not a string' };
      else {
        const reason = unstorable(value);
        if (reason !== undefined) return { column: name, reason };
        values.push(value);
      }
    }
    return values;
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

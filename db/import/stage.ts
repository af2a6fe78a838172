import { sql } from 'kysely';
import type pg from 'pg';
import type { Tx } from '../connection.ts';
import type { Fault } from './columns.ts';
import { CopyWriter, copyValue } from './copy.ts';
import type { Kind } from './kind.ts';
import type { DataRecord } from './records.ts';

/** Faults kept in memory before COPY is interrupted to store them: a file of nothing but bad lines must not fill it. */
const FAULTS_HELD_MAX = 5000;

/** The two temp tables of a load; they go with the transaction, however it ends. */
export async function createStage(tx: Tx, kind: Kind): Promise<void> {
  const columns = [...kind.columns, ...(kind.derived ?? [])].map((column) => `${column.name} ${column.type}`);
  await sql.raw(`create temp table stage (line bigint not null, ${columns.join(', ')}) on commit drop`).execute(tx);
  await createFaultTable(tx);
}

async function createFaultTable(tx: Tx): Promise<void> {
  await sql`
    create temp table fault (line bigint primary key, column_name text not null, reason text not null) on commit drop`.execute(
    tx,
  );
}

async function storeFaults(tx: Tx, faults: readonly (Fault & { readonly line: number })[]): Promise<void> {
  await sql`
    insert into fault select * from unnest(${faults.map((fault) => fault.line)}::bigint[],
      ${faults.map((fault) => fault.column)}::text[], ${faults.map((fault) => fault.reason)}::text[])`.execute(tx);
}

/** Where records end up: in `stage` through COPY, or in `fault`. */
export class StageWriter {
  read = 0;
  readonly #kind: Kind;
  readonly #tx: Tx;
  readonly #copy: CopyWriter;
  #faults: (Fault & { line: number })[] = [];

  constructor(kind: Kind, tx: Tx, client: pg.ClientBase) {
    this.#kind = kind;
    this.#tx = tx;
    const names = [...kind.columns, ...(kind.derived ?? [])].map((column) => column.name);
    this.#copy = new CopyWriter(client, `copy stage (line, ${names.join(', ')}) from stdin`);
  }

  /** Stages a block of records; `valuesOf` gives the values in the order of the kind's columns, or what is wrong. */
  async write(
    records: readonly DataRecord[],
    valuesOf: (record: DataRecord) => readonly string[] | Fault,
  ): Promise<void> {
    for (const record of records) {
      this.read++;
      const row = record.fault === undefined ? this.#row(record, valuesOf) : { column: '', reason: record.fault };
      if (typeof row === 'string') {
        if (this.#copy.add(row)) await this.#copy.flush();
      } else {
        this.#faults.push({ line: record.line, column: row.column, reason: row.reason });
        if (this.#faults.length >= FAULTS_HELD_MAX) await this.end();
      }
    }
  }

  /** Stages rows that are in COPY's format already; they are counted by whoever made them. */
  writeRows(rows: Buffer): Promise<void> {
    return this.#copy.write(rows);
  }

  /** Everything that was written is in the tables; more may follow. */
  async end(): Promise<void> {
    await this.#copy.end();
    if (this.#faults.length > 0) await storeFaults(this.#tx, this.#faults);
    this.#faults = [];
  }

  #row(record: DataRecord, valuesOf: (record: DataRecord) => readonly string[] | Fault): string | Fault {
    const values = valuesOf(record);
    if ('reason' in values) return values;
    const { columns, derived, checkRow } = this.#kind;
    let row = String(record.line);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      const value = values[i];
      if (column === undefined || value === undefined) throw new RangeError('a row shorter than its columns');
      const reason = column.check(value);
      if (reason !== undefined) return { column: column.name, reason };
      row += `\t${copyValue(column.toSql ? column.toSql(value) : value)}`;
    }
    const fault = checkRow?.(values);
    if (fault) return fault;
    for (const column of derived ?? []) row += `\t${copyValue(column.value(values))}`;
    return `${row}\n`;
  }
}

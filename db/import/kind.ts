import type { Tx } from '../connection.ts';
import type { Column, Fault } from './columns.ts';

/** What may be imported (contract, section 1, and who may be revoked later; `bounces` come through `storeEmailEvents`). */
export const importKinds = [
  'registrations',
  'corrections',
  'email-events',
  'otp',
  'exclusions',
  'whitelist',
  'joins',
  'training',
  'accounts',
  'civil-registry',
  'grace',
] as const;
export type ImportKind = (typeof importKinds)[number];

/** A staging column that is not in the file: computed from the values of the columns, in their order. */
export interface Derived {
  readonly name: string;
  readonly type: Column['type'];
  value(values: readonly string[]): string | null;
  /** The column whose value it is, in every row that is plain (columns.ts); without it no row of the kind is. */
  readonly sameAs?: string;
}

export interface MergeContext {
  readonly loadId: number;
  readonly registryOnline: boolean;
}

/**
 * One kind of file. Its rows wait in the temp table `stage` (column `line`, then `columns`, then `derived`); `merge` puts
 * them into the tables and opens what is to be decided again, moves lines it must refuse to `fault`, and returns how many
 * lines changed something. What is neither imported nor in `fault` was there already.
 */
export interface Kind {
  readonly format: 'csv' | 'ndjson';
  /** What it is merged into; corrections change registrations. */
  readonly table: string;
  readonly columns: readonly Column[];
  readonly derived?: readonly Derived[];
  /**
   * Its lines tell of events and what was corrected about them: a file that comes again, whole, is an old one, and takes
   * nothing back. Extracts of lists and registries are not such: what holds today may be what held two days ago.
   */
  readonly tellsEvents?: true;
  /** What can only be judged with the whole row in view. */
  checkRow?(values: readonly string[]): Fault | undefined;
  merge(tx: Tx, context: MergeContext): Promise<number>;
  /** After the merge: a sentence on what the counts do not say; null when there is nothing to say. */
  note?(tx: Tx): Promise<string | null>;
}

import type { Database } from '../connection.ts';
import { accounts } from './accounts.ts';
import { civilRegistry } from './civil-registry.ts';
import { corrections } from './corrections.ts';
import { emailEvents } from './email-events.ts';
import { exclusions } from './exclusions.ts';
import { execute, type ImportRequest, type ImportResult } from './execute.ts';
import { grace } from './grace.ts';
import { joins } from './joins.ts';
import type { ImportKind, Kind } from './kind.ts';
import { otp } from './otp.ts';
import { registrations } from './registrations.ts';
import { training } from './training.ts';
import { whitelist } from './whitelist.ts';

export { type EmailEvent, storeEmailEvents } from './bounces.ts';
export type { ImportRequest, ImportResult } from './execute.ts';
export { type ImportKind, importKinds } from './kind.ts';

const kinds: Readonly<Record<ImportKind, Kind>> = {
  registrations,
  corrections,
  'email-events': emailEvents,
  otp,
  exclusions,
  whitelist,
  joins,
  training,
  accounts,
  'civil-registry': civilRegistry,
  grace,
};

/**
 * Imports one file: reads it once in flat memory, quarantines what cannot be used line by line, and merges the rest in
 * one transaction that also opens the chunks of what is to be decided. `read = imported + unchanged + quarantined`.
 * Of several lines with one key the last is imported and the earlier ones count as unchanged; so do all lines of a file
 * that tells of events (`Kind.tellsEvents`) and whose very content was imported whole before.
 *
 * ```ts
 * await importFile(database, {
 *   kind: 'registrations', path: 'registrations.csv.gz', quarantineDir: '.data/quarantine', now: new Date(), registryOnline: false,
 * }); // { file, read: 231712, imported: 231700, unchanged: 0, quarantined: 12, quarantine_file: '….data/quarantine/registrations-1.csv', note: null }
 * ```
 * @throws PrakerjaError, and then nothing was changed: exit 2 when the file is refused whole (no header, a column missing
 * or twice, empty, unreadable, a truncated .gz), exit 1 when the database or the disk failed.
 */
export function importFile(
  database: Database,
  request: ImportRequest & { readonly kind: ImportKind },
): Promise<ImportResult> {
  return execute(database, kinds[request.kind], request.kind, request);
}

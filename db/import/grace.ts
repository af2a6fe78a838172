import { date, registrationId, shortText } from './columns.ts';
import type { Kind } from './kind.ts';
import { replaceByRegistration } from './merge.ts';

const NOTE_CHARS_MAX = 500;

/** grace.csv: who may buy the first training later, up to and including a day, and why. Who imports it answers for it. */
export const grace: Kind = {
  format: 'csv',
  table: 'revocation_grace',
  tellsEvents: true,
  columns: [registrationId, date('until'), shortText('note', NOTE_CHARS_MAX)],
  merge: (tx, { loadId }) =>
    replaceByRegistration(tx, { table: 'revocation_grace', keys: ['reg'], values: ['until', 'note'] }, loadId),
};

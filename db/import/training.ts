import { batchNumber, instant, oneOf, registrationId, shortText } from './columns.ts';
import type { Kind } from './kind.ts';
import { replaceByRegistration } from './merge.ts';

const TRAINING_ID_CHARS_MAX = 200;

/** training.csv: what participants bought, completed, rated and answered. */
export const training: Kind = {
  format: 'csv',
  table: 'training',
  replaces: true,
  columns: [
    registrationId,
    batchNumber,
    oneOf('event', ['purchased', 'completed', 'rated', 'survey_1', 'survey_2', 'survey_3']),
    shortText('training_id', TRAINING_ID_CHARS_MAX),
    instant('at'),
  ],
  merge: (tx, { loadId }) =>
    replaceByRegistration(
      tx,
      { table: 'training', keys: ['reg', 'batch', 'event', 'training_id'], values: ['at'] },
      loadId,
    ),
};

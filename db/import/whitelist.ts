import { instant, nikNumber, text } from './columns.ts';
import type { Kind } from './kind.ts';
import { keepLatest, replace } from './merge.ts';

/** whitelist.csv: people whom ministries name; read when a batch closes, so nothing is decided again now. */
export const whitelist: Kind = {
  format: 'csv',
  table: 'whitelist',
  columns: [nikNumber, text('source'), instant('added_at')],
  async merge(tx, { loadId }) {
    await keepLatest(tx, 'stage', ['nik']);
    return replace(tx, { table: 'whitelist', keys: ['nik'], values: ['source', 'added_at'] }, loadId);
  },
};

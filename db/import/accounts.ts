import { boolean, instant, oneOf, registrationId, text } from './columns.ts';
import type { Kind } from './kind.ts';
import { replaceByRegistration } from './merge.ts';

const values = ['channel', 'provider', 'account_number', 'holder_name', 'holder_nik', 'phone', 'kyc', 'status'];

/** accounts.csv: where participants are paid; the latest `linked_at` counts, which is looked up when money is due. */
export const accounts: Kind = {
  format: 'csv',
  table: 'accounts',
  tellsEvents: true,
  columns: [
    registrationId,
    instant('linked_at'),
    oneOf('channel', ['bank', 'ewallet']),
    oneOf('provider', ['bni', 'ovo', 'gopay', 'linkaja', 'dana']),
    text('account_number'),
    text('holder_name'),
    text('holder_nik'),
    text('phone'),
    boolean('kyc'),
    oneOf('status', ['active', 'inactive', 'closed']),
  ],
  merge: (tx, { loadId }) =>
    replaceByRegistration(tx, { table: 'accounts', keys: ['reg', 'linked_at'], values }, loadId),
};

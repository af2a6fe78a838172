import { eachRow } from './files.ts';

type Account = { readonly holder_name: string; readonly status: string };
export type Accounts = {
  readonly known: boolean;
  find(number: string): Account | undefined;
  /** Whose it is; blank where it is nobody's or, like the wallet of a shared telephone, more than one registration's. */
  owner(number: string): string;
};

const COLUMNS = [
  'registration_id',
  'account_number',
  'linked_at',
  'channel',
  'holder_name',
  'phone',
  'status',
] as const;

/**
 * Reads DATA/accounts.csv: of several lines with one number the latest `linked_at` counts. A wallet is found by its
 * phone too, which is what a top-up sends as customerNumber. `known` is false when the file is missing or empty: then
 * every account exists.
 */
export async function loadAccounts(dir: string): Promise<Accounts> {
  const accounts = new Map<string, Account & { registration: string; linked_at: number }>();
  const shared = new Set<string>();
  await eachRow(
    dir,
    'accounts.csv',
    COLUMNS,
    (registration = '', account_number = '', linked = '', channel, holder_name = '', phone = '', status = '') => {
      const account = { registration, holder_name, status, linked_at: Date.parse(linked) || 0 };
      for (const number of channel === 'ewallet' ? [account_number, phone] : [account_number]) {
        const present = accounts.get(number);
        if (present !== undefined && present.registration !== registration) shared.add(number);
        if (number !== '' && (present === undefined || account.linked_at >= present.linked_at))
          accounts.set(number, account);
      }
    },
  );
  return {
    known: accounts.size > 0,
    find: (number) => accounts.get(number),
    owner: (number) => (shared.has(number) ? '' : (accounts.get(number)?.holder_name ?? '')),
  };
}

/** Accounts for the incentive: accounts.csv. */
import type { Nation } from './nation.ts';
import { personOf } from './person.ts';
import { Purpose } from './random.ts';
import type { Registration } from './registrations.ts';
import { DAY, field, iso, secondOf } from './text.ts';

export const ACCOUNT_COLUMNS =
  'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status';

export interface Accounts {
  readonly lines: string;
  /** Since when the account in force is in order (seconds), or never. */
  readonly goodFrom: number | undefined;
}

type Fault = 'none' | 'other_person' | 'no_kyc' | 'closed' | 'inactive';

const WALLETS = ['ovo', 'gopay', 'gopay', 'linkaja'];
const WALLET_SHARE = 0.78;
const FAULTS_WALLET: readonly Fault[] = ['no_kyc', 'no_kyc', 'no_kyc', 'other_person', 'closed', 'inactive'];
const FAULTS_BANK: readonly Fault[] = ['other_person', 'other_person', 'closed', 'inactive'];
const REPAIRED_FROM = secondOf('2020-08-17T06:00:00+07:00');
const REPAIRED_UNTIL = secondOf('2020-09-13T20:00:00+07:00');

/** Shares of what happens: in order at once, repaired within days, repaired in August or September, never, no account. */
const GOOD = 0.88;
const REPAIRED_SOON = 0.93;
const REPAIRED_LATE = 0.945;
const NEVER_GOOD = 0.99;

function line(nation: Nation, registration: Registration, at: number, fault: Fault, wallet: boolean): string {
  const { person, index, phone } = registration;
  const bits = nation.dice.bits(index, Purpose.accountKind);
  // Somebody of the next hundred registrations: never the person itself.
  const other = nation.rootOf(nation.after(index, 150));
  const stranger = fault === 'other_person' ? personOf(nation, other) : undefined;
  const holder = stranger ?? person;
  const kyc = wallet ? fault !== 'no_kyc' : bits % 3 === 0;
  const status = fault === 'closed' || fault === 'inactive' ? fault : 'active';
  const number = wallet ? phone : `0${100_000_000 + ((index * 17 + 11) % 900_000_000)}`;
  const provider = wallet ? WALLETS[bits % WALLETS.length] : 'bni';
  return `${registration.id},${iso(at)},${wallet ? 'ewallet' : 'bank'},${provider},${number},${field(holder.name)},${
    holder.nik
  },${phone},${kyc},${status}\n`;
}

/** The accounts that a person links; the latest counts (contract, section 3). */
export function accountsOf(nation: Nation, registration: Registration): Accounts {
  const { index, registeredAt } = registration;
  const unit = nation.dice.unit(index, Purpose.account);
  if (unit >= NEVER_GOOD) return { lines: '', goodFrom: undefined };
  const bits = nation.dice.bits(index, Purpose.accountDelay);
  const wallet = nation.dice.unit(index, Purpose.accountKind + 1000) < WALLET_SHARE;
  const faults = wallet ? FAULTS_WALLET : FAULTS_BANK;
  const fault = faults[bits % faults.length] as Fault;
  const first = registeredAt + DAY + ((bits >>> 4) % (2 * DAY));
  if (unit < GOOD) return { lines: line(nation, registration, first, 'none', wallet), goodFrom: first };
  const bad = line(nation, registration, first, fault, wallet);
  if (unit >= REPAIRED_LATE) return { lines: bad, goodFrom: undefined };
  const soon = first + 3600 + ((bits >>> 6) % DAY);
  const lateFrom = Math.max(REPAIRED_FROM, first + 3600);
  const late = lateFrom + ((bits >>> 6) % (REPAIRED_UNTIL - lateFrom));
  const repaired = unit < REPAIRED_SOON ? soon : late;
  const good = line(nation, registration, repaired, 'none', wallet);
  // A later line may come first in the file: linked_at decides, not the order.
  return { lines: bits & 1 ? bad + good : good + bad, goodFrom: repaired };
}

/** One line of accounts.csv; `n` is the person, `R` and `n` the registration unless it is named. */
export function account(
  n: number,
  changes: Partial<Record<'linked_at' | 'channel' | 'provider' | 'holder_nik' | 'kyc' | 'status', string>> = {},
  registrationId = `R${n}`,
): string {
  const all = {
    linked_at: '2020-08-01T00:00:00Z',
    channel: 'bank',
    provider: 'bni',
    holder_nik: nik(n),
    kyc: 'false',
    status: 'active',
    ...changes,
  };
  const { linked_at, channel, provider, holder_nik, kyc, status } = all;
  return [
    registrationId,
    linked_at,
    channel,
    provider,
    accountNumber(n),
    `PERSON ${n}`,
    holder_nik,
    '081200000001',
    kyc,
    status,
  ].join(',');
}
/** The header of accounts.csv. */
export const ACCOUNTS =
  'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status';

export const nik = (n: number): string => `327301150590${String(n).padStart(4, '0')}`;
const accountNumber = (n: number): string => `00112${String(n).padStart(5, '0')}`;

/** BI's code of BNI, the one bank of 2020. */
const BANK_CODES: Readonly<Record<string, string>> = { bni: '009' };

/** BI's code of a bank as accounts.csv names it; a name that is not known is passed on for the bank to refuse. */
export function bankCode(provider: string): string {
  return BANK_CODES[provider] ?? provider;
}

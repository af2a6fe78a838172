import { type Context, callEach, type Db } from './calls.ts';
import type { BankClient } from './client.ts';
import { decideInquiry } from './inquiry-answers.ts';
import { snapServices } from './reply.ts';
import { type InquiryNews, intendInquiries, keepInquiries, type ToAsk } from './store.ts';
import { payeeOf } from './submit.ts';

/**
 * Asks the bank whose accounts these are, each once. What it does not say clearly is not kept, and holds nobody. Once it
 * lets us wait for nothing, the others are not asked about: the money would wait half a minute for each eight of them.
 */
export function askAccounts(db: Db, accounts: readonly ToAsk[], bank: BankClient, context: Context): Promise<void> {
  // Not later than it is asked: what is linked since is asked about anew.
  const askedAt = context.now();
  const inquiries = {
    intend: async (items: readonly ToAsk[]) => {
      const ids = await intendInquiries(db, items.length, context.now());
      return new Map(items.map((item, i) => [item, ids[i] as string]));
    },
    keep: (news: readonly InquiryNews[]) => keepInquiries(db, news, askedAt),
  };
  let silent = false;
  return callEach(accounts, inquiries, context, async (account, externalId, news) => {
    if (silent) return;
    const { accountNumber, holderName } = account;
    const payee = payeeOf(account);
    const service = 'bankCode' in payee ? snapServices.inquiry : snapServices.walletInquiry;
    const reply = await bank.inquire({ ...payee, reference: externalId, externalId });
    silent ||= reply.kind === 'timeout';
    const { said, why } = decideInquiry({ service, accountNumber, holderName }, reply);
    news.add({ externalId, account, answer: why, said });
  });
}

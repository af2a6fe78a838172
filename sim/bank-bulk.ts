import type { Accounts } from './bank-accounts.ts';
import type { BankLine, Ledger } from './bank-ledger.ts';
import { type Call, pay, type Rules } from './bank-payment.ts';
import { type Reply, reply } from './bank-reply.ts';
import type { Fault } from './faults.ts';

/** Bulk services to the service that each of their orders is paid like. */
export const BULK_OF: Readonly<Record<string, '18' | '38'>> = { '20': '18', '40': '38' };

type Item = { readonly [field: string]: unknown };
/** The answer, and a line of the log for each order; one without an order where the whole bulk is refused. */
type BulkDecision = { readonly reply: Reply; readonly lines: readonly Partial<BankLine>[] };

/**
 * Services 20 (interbank bulk transfer) and 40 (bulk cash-in). The answer says that the bank has the bulk; what becomes
 * of each order stands in the books, a line each, and is told by notification or status. A bulk that is known is 409xx01.
 * @param effects what the bank does to one order after the other
 */
export function payBulk(
  call: Call,
  ledger: Ledger,
  accounts: Accounts,
  rules: Rules,
  effects: () => Fault | undefined,
): BulkDecision {
  const { service, body } = call;
  const no = (status: string, caseCode: string, detail?: string): BulkDecision => ({
    reply: reply(service, status, caseCode, {}, detail),
    lines: [{}],
  });
  const bulk_id = body.partnerBulkId;
  const items = body.bulkObject;
  if (typeof bulk_id !== 'string' || bulk_id === '') return no('400', '02', 'partnerBulkId');
  if (!Array.isArray(items) || items.length === 0) return no('400', '02', 'bulkObject');
  if (rules.personality === 'honours' && ledger.ofBulk(bulk_id).length > 0) return no('409', '01');
  const lines: Partial<BankLine>[] = [];
  for (const item of items as readonly Item[]) {
    const { reply: said, line } = pay(orderOf(call, item), ledger, accounts, rules, effects());
    const code = said.code.slice(0, 3) + service + said.code.slice(5);
    lines.push({ ...line, bulk_id, code });
  }
  const total = lines.filter((line) => line.debited).reduce((sum, line) => sum + BigInt(line.amount_idr ?? 0), 0n);
  if (total > ledger.balance()) return no('403', '14');
  const fields = { bulkId: `BULK${call.external_id}`, partnerBulkId: bulk_id, additionalInfo: {} };
  return { reply: reply(service, '200', '00', fields), lines };
}

/** One order of a bulk, as the call that would pay it alone. */
function orderOf(call: Call, item: Item): Call {
  const service = BULK_OF[call.service] as string;
  const { partnerReferenceNo, amount } = item;
  const payee =
    service === '18'
      ? {
          beneficiaryAccountNo: item.beneficiaryAccountNo,
          beneficiaryAccountName: item.beneficiaryAccountName,
          beneficiaryBankCode: item.bankCode,
          sourceAccountNo: call.body.sourceAccountNo,
        }
      : { customerNumber: item.accountNo, customerName: item.accountName };
  return { ...call, service, body: { partnerReferenceNo, amount, ...payee } };
}

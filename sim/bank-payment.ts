import type { Accounts } from './bank-accounts.ts';
import type { BankLine, Ledger, Payment } from './bank-ledger.ts';
import { returnDate } from './bank-ledger.ts';
import { type Reply, reply } from './bank-reply.ts';
import type { Fault } from './faults.ts';

const AMOUNT = /^\d{1,16}\.\d{2}$/;

export type Rules = {
  readonly personality: 'honours' | 'ignores';
  readonly settle_ms: number;
  readonly source_account: string;
  readonly unknown_status: 'not_found' | 'status_07';
};
/** One authenticated call. `at` is X-TIMESTAMP in WIB (YYYY-MM-DDTHH:MM:SS). */
export type Call = {
  readonly service: string;
  readonly body: Record<string, unknown>;
  readonly at: string;
  readonly at_us: number;
  readonly external_id: string;
};
/** What the bank says and what goes into its log (without `answer`). */
export type Decision = { readonly reply: Reply; readonly line: Partial<BankLine> };

/**
 * Services 15, 16 and 37, account inquiry: who owns the account, if it can be paid. The name is blank where accounts.csv
 * does not say whose it is, or is missing: every account exists then.
 */
export function inquire(call: Call, accounts: Accounts, effect?: Fault): Decision {
  const [numberField, nameField] =
    call.service === '37' ? ['customerNumber', 'customerName'] : ['beneficiaryAccountNo', 'beneficiaryAccountName'];
  const account = text(call.body[numberField as string]);
  if (account === '') return { reply: reply(call.service, '400', '02', {}, numberField), line: {} };
  const refusal = accountRefusal(call.service, account, accounts);
  if (refusal !== undefined) return { reply: refusal, line: { account } };
  const more: Record<string, Record<string, unknown>> = {
    '15': { beneficiaryAccountStatus: 'Rekening aktif', beneficiaryAccountType: 'D' },
    '16': { beneficiaryBankCode: text(call.body.beneficiaryBankCode), beneficiaryBankName: 'BANK SIM' },
    '37': { amount: call.body.amount, feeAmount: { value: '0.00', currency: 'IDR' } },
  };
  const name = effect?.kind === 'other_name' ? effect.value : accounts.owner(account);
  return {
    line: { account },
    reply: reply(call.service, '200', '00', {
      referenceNo: `INQ${call.external_id}`,
      partnerReferenceNo: text(call.body.partnerReferenceNo),
      [nameField as string]: name,
      [numberField as string]: account,
      ...more[call.service],
      currency: 'IDR',
      additionalInfo: {},
    }),
  };
}

/** Services 18 (interbank transfer) and 38 (e-money top-up): the only calls that move money. */
export function pay(call: Call, ledger: Ledger, accounts: Accounts, rules: Rules, effect?: Fault): Decision {
  const { service, body } = call;
  const order = readOrder(call);
  const no = (status: string, caseCode: string, detail?: string): Decision => ({
    reply: reply(service, status, caseCode, {}, detail),
    line: { reference: order.reference, account: order.account, amount_idr: String(order.amount_idr) },
  });
  if (order.missing !== undefined) return no('400', '02', order.missing);
  if (!AMOUNT.test(order.value) || order.currency !== 'IDR') return no('400', '01', 'amount');
  if (order.amount_idr <= 0n || !order.value.endsWith('.00')) return no('404', '13');
  if (service === '18' && text(body.sourceAccountNo) !== rules.source_account)
    return no('403', '15', 'sourceAccountNo');
  const earlier = ledger.payment(order.reference);
  if (earlier !== undefined && rules.personality === 'honours') {
    const same = earlier.account === order.account && earlier.amount_idr === String(order.amount_idr);
    return same ? no('409', '01') : no('404', '18');
  }
  const refusal = accountRefusal(service, order.account, accounts);
  if (refusal !== undefined) return { ...no('404', '11'), reply: refusal };
  if (order.amount_idr > ledger.balance()) return no('403', '14');

  const unsettled = rules.settle_ms > 0 || effect?.kind === 'pending' || effect?.kind === 'settle_failed';
  const bank_reference = ledger.nextBankReference();
  const line: Partial<BankLine> = {
    reference: order.reference,
    account: order.account,
    amount_idr: String(order.amount_idr),
    debited: effect?.kind !== 'settle_failed',
    bank_reference,
    name: order.name,
    bank_code: text(body.beneficiaryBankCode),
    ...(effect === undefined ? {} : { effect: effect.kind, effect_value: effect.value }),
  };
  const target =
    service === '18'
      ? {
          beneficiaryAccountNo: order.account,
          beneficiaryBankCode: line.bank_code,
          sourceAccountNo: rules.source_account,
        }
      : { customerNumber: order.account, customerName: order.name, feeAmount: { value: '0.00', currency: 'IDR' } };
  return {
    line,
    reply: reply(service, unsettled ? '202' : '200', '00', {
      referenceNo: bank_reference,
      partnerReferenceNo: order.reference,
      amount: { value: order.value, currency: 'IDR' },
      ...target,
      transactionDate: `${call.at}+07:00`,
      additionalInfo: {},
    }),
  };
}

/**
 * Service 36, transfer status. A reference the bank never took is HTTP 404 with 4043601 (SNAP's "Transaction Not
 * Found"), or 2003600 with latestTransactionStatus 07 when `unknown_status` says so: providers do either. An order the
 * bank refused is 06.
 */
export function status(call: Call, ledger: Ledger, rules: Rules): Decision {
  const { body, service } = call;
  const reference = text(body.originalPartnerReferenceNo);
  if (reference === '') return { reply: reply(service, '400', '02', {}, 'originalPartnerReferenceNo'), line: {} };
  const payment = ledger.payment(reference);
  const declined = ledger.declined(reference);
  const common = { originalPartnerReferenceNo: reference, serviceCode: text(body.serviceCode) || '18' };
  const found = (code: string, fields: Record<string, unknown>): Reply =>
    reply(service, '200', '00', {
      ...common,
      ...fields,
      latestTransactionStatus: code,
      transactionStatusDesc: STATUS_TEXTS[code],
      additionalInfo: {},
    });
  if (payment !== undefined) {
    const { account, amount_idr, bank_reference, external_id, value_date, value_time } = payment;
    const fields = {
      serviceCode: payment.service,
      originalReferenceNo: bank_reference,
      originalExternalId: external_id,
      transactionDate: `${value_date}T${value_time}+07:00`,
      amount: { value: `${amount_idr}.00`, currency: 'IDR' },
      beneficiaryAccountNo: account,
      sourceAccountNo: rules.source_account,
    };
    return { reply: found(latest(payment, call, rules), fields), line: { reference, account, amount_idr } };
  }
  if (declined !== undefined) return { reply: found('06', { previousResponseCode: declined }), line: { reference } };
  const unknown = rules.unknown_status === 'status_07' ? found('07', {}) : reply(service, '404', '01');
  return { reply: unknown, line: { reference } };
}

/** latestTransactionStatus in words. */
export const STATUS_TEXTS: Readonly<Record<string, string>> = {
  '00': 'Success',
  '03': 'Pending',
  '04': 'Refunded',
  '06': 'Failed',
  '07': 'Not Found',
};

function latest(payment: Payment, call: Call, rules: Rules): string {
  payment.inquiries += 1;
  if (call.at_us - payment.at_us < rules.settle_ms * 1000) return '03';
  const { effect, effect_value = '' } = payment;
  if (effect === 'settle_failed') return '06';
  if (effect === 'pending') return payment.inquiries > (Number(effect_value) || Number.POSITIVE_INFINITY) ? '00' : '03';
  return effect === 'returned' && call.at.slice(0, 10) >= returnDate(payment) ? '04' : '00';
}

type Order = {
  reference: string;
  account: string;
  name: string;
  value: string;
  currency: string;
  amount_idr: bigint;
  missing: string | undefined;
};

function readOrder({ service, body }: Call): Order {
  const amount = (typeof body.amount === 'object' ? body.amount : undefined) as Record<string, unknown> | undefined;
  const [accountField, nameField] =
    service === '18' ? ['beneficiaryAccountNo', 'beneficiaryAccountName'] : ['customerNumber', 'customerName'];
  const value = text(amount?.value);
  const order = {
    reference: text(body.partnerReferenceNo),
    account: text(body[accountField as string]),
    name: text(body[nameField as string]),
    value,
    currency: text(amount?.currency),
    amount_idr: AMOUNT.test(value) ? BigInt(value.slice(0, -3)) : 0n,
  };
  const required = { partnerReferenceNo: order.reference, [accountField as string]: order.account, amount: value };
  return { ...order, missing: Object.entries(required).find(([, present]) => present === '')?.[0] };
}

function accountRefusal(service: string, number: string, accounts: Accounts): Reply | undefined {
  if (!accounts.known) return undefined;
  const account = accounts.find(number);
  if (account === undefined || account.status === 'closed') return reply(service, '404', '11');
  return account.status === 'inactive' ? reply(service, '403', '18') : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

import { Agent } from 'undici';
import { type Rupiah, snapAmount } from '../../jobs/money.ts';
import { post } from './http.ts';
import { type BankReply, type BulkService, type PaymentService, snapServices, textField } from './reply.ts';
import { callSignature, readPrivateKey, snapTimestamp } from './signature.ts';
import { createTokenKeeper } from './token.ts';

const CALL_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;
const CONNECTIONS_MAX = 32;

export interface BankClientOptions {
  /** BANK_URL: the base, without /v1.0; a path in it is part of what is signed. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly privateKeyPem: string;
  readonly partnerId: string;
  readonly channelId: string;
  readonly sourceAccount: string;
  /** PRAKERJA_NOW when set, so that a played year has its own bank days; else the clock (docs/decisions/0016). */
  readonly now: () => Date;
  readonly timeout_ms?: number;
}

/** Where money goes: a bank account (`bankCode` "009") or an e-wallet (`provider` "ovo"). */
export type Payee =
  | { readonly bankCode: string; readonly accountNumber: string; readonly holderName: string }
  | { readonly provider: string; readonly accountNumber: string; readonly holderName: string };

export type TransferCall = Payee & {
  readonly reference: string;
  readonly amountIdr: Rupiah;
  /** When the order was made: the same in every try, since the bank may compare (404xx18). */
  readonly orderedAt: Date;
  /** X-EXTERNAL-ID: digits, unique in the day, stored before the call; a new one for each try. */
  readonly externalId: string;
};

export interface StatusCall {
  readonly reference: string;
  /** With what it was sent. */
  readonly service: PaymentService | BulkService;
  readonly externalId: string;
}

/** Orders that go in one call, all to bank accounts or all to e-wallets, as `service` says. */
export interface BulkCall {
  readonly service: BulkService;
  readonly bulkId: string;
  readonly payments: readonly (Payee & { readonly reference: string; readonly amountIdr: Rupiah })[];
  readonly orderedAt: Date;
  readonly externalId: string;
}

export type InquiryCall = ({ readonly bankCode: string } | { readonly provider: string }) & {
  /** Of the inquiry itself; there is no order yet. */
  readonly reference: string;
  readonly accountNumber: string;
  readonly externalId: string;
};

/** SNAP BI client. Its methods never throw for what the bank or the network does; every call is one try. */
export interface BankClient {
  /** Fetches a token, where there is none that is good; why there is none, without secrets. */
  signIn(): Promise<string | undefined>;
  /** Service 18 to a bank account, service 38 to an e-wallet. */
  transfer(call: TransferCall): Promise<BankReply>;
  /** Service 20 to bank accounts, service 40 to e-wallets: many orders in one call. */
  bulk(call: BulkCall): Promise<BankReply>;
  /** Service 36: what became of an order. */
  status(call: StatusCall): Promise<BankReply>;
  /** Service 16 about a bank account, service 37 about an e-wallet: whose it is. */
  inquire(call: InquiryCall): Promise<BankReply>;
  /** Closes the connections after the calls in flight. Safe twice. */
  close(): Promise<void>;
}

/** The service with which money goes to this payee; `status` and `decidePayment` want it too. */
export function serviceOf(payee: { readonly bankCode: string } | { readonly provider: string }): PaymentService {
  return 'bankCode' in payee ? snapServices.transfer : snapServices.topup;
}

/** The same for orders that go many in one call. */
export function bulkServiceOf(payee: { readonly bankCode: string } | { readonly provider: string }): BulkService {
  return 'bankCode' in payee ? snapServices.bulkTransfer : snapServices.bulkCashIn;
}

const BULK_PATHS: Readonly<Record<BulkService, string>> = {
  '20': '/v1.0/transfer-interbank-bulk',
  '40': '/v1.0/emoney/bulk-cashin-payment',
};

/**
 * @example
 * const bank = createBankClient({ url: 'http://127.0.0.1:8083', …, now: () => new Date() });
 * const reply = await bank.transfer({ reference, amountIdr: 600000n, bankCode: '009', accountNumber, holderName, orderedAt, externalId });
 * const decision = decidePayment({ reference, amountIdr: 600000n, service: '18', sentBefore: false }, reply);
 * @throws Error when the private key cannot be read.
 */
export function createBankClient(options: BankClientOptions): BankClient {
  const agent = new Agent({
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
  const base = options.url.replace(/\/+$/, '');
  const timeout_ms = options.timeout_ms ?? CALL_TIMEOUT_MS;
  const privateKey = readPrivateKey(options.privateKeyPem);
  const tokens = createTokenKeeper({
    agent,
    base,
    clientId: options.clientId,
    privateKey,
    now: options.now,
    timeout_ms,
  });

  let closing: Promise<void> | undefined;

  async function call(path: string, externalId: string, message: object): Promise<BankReply> {
    if (!/^\d{1,36}$/.test(externalId)) throw new RangeError('X-EXTERNAL-ID must be 1 to 36 digits');
    if (closing !== undefined) return { kind: 'not_sent', why: 'the client is closed' };
    const body = JSON.stringify(message);
    const token = await tokens.get();
    if (token.kind === 'none') return { kind: 'not_sent', why: token.why };
    const url = base + path;
    const headers = headersOf(options, { url, externalId, token: token.value, body });
    const reply = await post(agent, url, headers, body, timeout_ms);
    // Where nobody listens a token that is kept says nothing: the next is asked for, before anything else is ordered.
    if (reply.kind === 'not_sent') tokens.drop(token.value);
    if (reply.kind !== 'answer') return reply;
    if (reply.httpStatus === 401) tokens.drop(token.value);
    return { ...reply, responseCode: textField(reply.body, 'responseCode') };
  }

  return {
    signIn: async () => {
      const token = await tokens.get();
      return token.kind === 'none' ? token.why : undefined;
    },
    transfer: (order) =>
      'bankCode' in order
        ? call('/v1.0/transfer-interbank', order.externalId, transferMessage(order, options.sourceAccount))
        : call('/v1.0/emoney/topup', order.externalId, topupMessage(order, options.sourceAccount)),
    bulk: (bulk) => call(BULK_PATHS[bulk.service], bulk.externalId, bulkMessage(bulk, options.sourceAccount)),
    status: ({ reference, service, externalId }) =>
      call('/v1.0/transfer/status', externalId, { originalPartnerReferenceNo: reference, serviceCode: service }),
    inquire: (account) =>
      'bankCode' in account
        ? call('/v1.0/account-inquiry-external', account.externalId, accountInquiry(account))
        : call('/v1.0/emoney/account-inquiry', account.externalId, walletInquiry(account)),
    close: () => {
      closing ??= agent.close();
      return closing;
    },
  };
}

/** What SNAP wants with every call; signed is the path as it is posted to, a prefix of BANK_URL's own included. */
function headersOf(
  { clientSecret, partnerId, channelId, now }: BankClientOptions,
  { url, externalId, token, body }: { url: string; externalId: string; token: string; body: string },
): Record<string, string> {
  const timestamp = snapTimestamp(now());
  const { pathname: path } = new URL(url);
  return {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'x-timestamp': timestamp,
    'x-signature': callSignature(clientSecret, { method: 'POST', path, token, body, timestamp }),
    'x-partner-id': partnerId,
    'x-external-id': externalId,
    'channel-id': channelId,
  };
}

function accountInquiry(account: InquiryCall & { readonly bankCode: string }): object {
  return {
    partnerReferenceNo: account.reference,
    beneficiaryBankCode: account.bankCode,
    beneficiaryAccountNo: account.accountNumber,
  };
}

/** The amount is mandatory in service 37, and moves nothing. */
function walletInquiry(account: InquiryCall & { readonly provider: string }): object {
  return {
    partnerReferenceNo: account.reference,
    customerNumber: account.accountNumber,
    amount: { value: snapAmount(1n), currency: 'IDR' },
    additionalInfo: { provider: account.provider },
  };
}

function transferMessage(order: TransferCall & { readonly bankCode: string }, sourceAccount: string): object {
  return {
    partnerReferenceNo: order.reference,
    amount: { value: snapAmount(order.amountIdr), currency: 'IDR' },
    beneficiaryAccountName: order.holderName,
    beneficiaryAccountNo: order.accountNumber,
    beneficiaryBankCode: order.bankCode,
    sourceAccountNo: sourceAccount,
    transactionDate: snapTimestamp(order.orderedAt),
    additionalInfo: {},
  };
}

function topupMessage(order: TransferCall & { readonly provider: string }, sourceAccount: string): object {
  return {
    partnerReferenceNo: order.reference,
    customerNumber: order.accountNumber,
    customerName: order.holderName,
    amount: { value: snapAmount(order.amountIdr), currency: 'IDR' },
    feeAmount: { value: '0.00', currency: 'IDR' },
    transactionDate: snapTimestamp(order.orderedAt),
    additionalInfo: { provider: order.provider, sourceAccountNo: sourceAccount },
  };
}

function bulkMessage({ bulkId, payments, orderedAt }: BulkCall, sourceAccount: string): object {
  return {
    partnerBulkId: bulkId,
    customerReference: bulkId,
    currency: 'IDR',
    sourceAccountNo: sourceAccount,
    transactionDate: snapTimestamp(orderedAt),
    bulkObject: payments.map((payment) => ({
      partnerReferenceNo: payment.reference,
      ...('bankCode' in payment
        ? {
            bankCode: payment.bankCode,
            beneficiaryAccountNo: payment.accountNumber,
            beneficiaryAccountName: payment.holderName,
          }
        : {
            accountNo: payment.accountNumber,
            accountName: payment.holderName,
            additionalInfo: { provider: payment.provider },
          }),
      amount: { value: snapAmount(payment.amountIdr), currency: 'IDR' },
    })),
    additionalInfo: {},
  };
}

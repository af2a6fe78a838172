import { fail } from '../../../jobs/errors.ts';
import { type Rupiah, snapAmount } from '../../../jobs/money.ts';
import { bankCode } from '../bank-codes.ts';

/** A payment run as a bank gets it in one file. Ids are ours and have at most 35 characters. */
export interface PaymentFile {
  readonly messageId: string;
  /** The bulk id under which the bank debits the whole run once. */
  readonly paymentId: string;
  /** ISO 8601 with an offset. The same for the same run, or the file would be another one each time. */
  readonly createdAt: string;
  /** WIB, YYYY-MM-DD. */
  readonly executionDate: string;
  readonly debtorAccount: string;
  readonly count: number;
  readonly totalIdr: Rupiah;
}

/** One order in it. */
export interface PaymentFileOrder {
  readonly reference: string;
  readonly amountIdr: Rupiah;
  readonly channel: 'bank' | 'ewallet';
  /** bni, ovo, gopay, linkaja or dana. */
  readonly provider: string;
  readonly accountNumber: string;
  readonly holderName: string;
}

/** pain.001's Max140Text. */
const NAME_CHARS_MAX = 140;
const DEBTOR = 'Program Kartu Prakerja';
/** What XML 1.0 cannot hold at all, escaped or not. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/**
 * Writes a run as pain.001.001.09: one PmtInf with one bulk debit, one transaction per order, EndToEndId our reference.
 * Streams: the orders may be millions, memory stays flat.
 * @throws exit 1 when count or sum of the orders is not what the head of the file, already written, says
 */
export async function* writePain001(
  file: PaymentFile,
  orders: AsyncIterable<readonly PaymentFileOrder[]>,
): AsyncGenerator<string, void, undefined> {
  yield headOf(file);
  let count = 0;
  let totalIdr = 0n;
  for await (const page of orders) {
    count += page.length;
    for (const { amountIdr } of page) totalIdr += amountIdr;
    yield page.map(transactionOf).join('');
  }
  if (count !== file.count || totalIdr !== file.totalIdr)
    throw fail(`the file says ${file.count} orders of ${file.totalIdr} rupiah, but holds ${count} of ${totalIdr}`);
  yield '</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n';
}

function headOf({
  messageId,
  paymentId,
  createdAt,
  executionDate,
  debtorAccount,
  count,
  totalIdr,
}: PaymentFile): string {
  const sums = `${tag('NbOfTxs', String(count))}${tag('CtrlSum', snapAmount(totalIdr))}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">',
    '<CstmrCdtTrfInitn>',
    `<GrpHdr>${tag('MsgId', messageId)}${tag('CreDtTm', createdAt)}${sums}<InitgPty>${tag('Nm', DEBTOR)}</InitgPty></GrpHdr>`,
    `<PmtInf>${tag('PmtInfId', paymentId)}<PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>${sums}`,
    `<ReqdExctnDt>${tag('Dt', executionDate)}</ReqdExctnDt>`,
    `<Dbtr>${tag('Nm', DEBTOR)}</Dbtr><DbtrAcct>${account(debtorAccount)}<Ccy>IDR</Ccy></DbtrAcct>`,
    // The debtor's bank is the one that gets the file; the format wants the element, and this is its way of saying so.
    '<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>',
    '',
  ].join('\n');
}

function transactionOf(order: PaymentFileOrder): string {
  const { reference, amountIdr, accountNumber, holderName } = order;
  return `<CdtTrfTxInf><PmtId>${tag('InstrId', reference)}${tag('EndToEndId', reference)}</PmtId><Amt><InstdAmt Ccy="IDR">${snapAmount(
    amountIdr,
  )}</InstdAmt></Amt><CdtrAgt><FinInstnId>${agentOf(order)}</FinInstnId></CdtrAgt><Cdtr>${tag(
    'Nm',
    cut(holderName),
  )}</Cdtr><CdtrAcct>${account(accountNumber)}</CdtrAcct></CdtTrfTxInf>\n`;
}

/** A bank by its clearing code; a wallet has none and is named. */
function agentOf({ channel, provider }: PaymentFileOrder): string {
  if (channel === 'bank') return `<ClrSysMmbId>${tag('MmbId', bankCode(provider))}</ClrSysMmbId>`;
  return `<Othr>${tag('Id', provider.toUpperCase())}</Othr>`;
}

function account(number: string): string {
  return `<Id><Othr>${tag('Id', number)}</Othr></Id>`;
}

/** By characters, so that none is cut in two. */
function cut(name: string): string {
  return [...name.trim().replace(NOT_XML, '')].slice(0, NAME_CHARS_MAX).join('').trim();
}

function tag(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(NOT_XML, '').replace(/[&<>"']/g, (char) => ENTITIES[char] as string);
}

import { book, effectsOn, type Office } from './bank-desk.ts';
import type { BankLine } from './bank-ledger.ts';
import { type Call, pay } from './bank-payment.ts';
import type { Answer } from './http.ts';

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;
/** Each order of a file is paid like a transfer. */
const SERVICE = '18';

/**
 * `POST /sim/file?at=YYYY-MM-DDTHH:MM:SS` (WIB): takes a pain.001 as somebody hands it over at that moment, and pays its
 * orders one by one; 204. A bank that honours references refuses a file that it knows: 409.
 */
export function takeFile(office: Office, url: URL, body: string): Answer {
  const at = url.searchParams.get('at') ?? '';
  const bulk_id = textOf(body, 'PmtInfId');
  const orders = [...body.matchAll(/<CdtTrfTxInf>(.*?)<\/CdtTrfTxInf>/gs)].map(([, order = '']) => order);
  if (!MOMENT.test(at) || bulk_id === '' || orders.length === 0) return refusal(400, 'a pain.001, and at=');
  const { ledger, accounts, rules, picker } = office;
  if (rules.personality === 'honours' && ledger.ofBulk(bulk_id).length > 0) return refusal(409, 'this file is known');
  const at_us = office.clock();
  const [value_date, value_time] = at.split('T') as [string, string];
  const call = { service: SERVICE, at, at_us, external_id: bulk_id };
  const effects = effectsOn(office, picker.next('payment').fault);
  // One after the other: a second order of the same reference must meet the first.
  for (const order of orders) {
    const { line, reply } = pay({ ...call, body: bodyOf(order, body) }, ledger, accounts, rules, effects());
    const whole = { ...line, bulk_id, external_id: bulk_id, value_date, value_time, code: reply.code };
    book(office, at_us, SERVICE, [whole], () => ({ answer: reply.code }));
  }
  return { status: 204, body: '' };
}

function bodyOf(order: string, file: string): Call['body'] {
  return {
    partnerReferenceNo: textOf(order, 'EndToEndId'),
    amount: { value: /<InstdAmt Ccy="IDR">([\d.]+)</.exec(order)?.[1], currency: 'IDR' },
    beneficiaryAccountNo: textOf(/<CdtrAcct>.*?<\/CdtrAcct>/s.exec(order)?.[0] ?? '', 'Id'),
    beneficiaryAccountName: textOf(/<Cdtr>.*?<\/Cdtr>/s.exec(order)?.[0] ?? '', 'Nm'),
    beneficiaryBankCode: textOf(order, 'MmbId'),
    sourceAccountNo: textOf(/<DbtrAcct>.*?<\/DbtrAcct>/s.exec(file)?.[0] ?? '', 'Id'),
  };
}

/**
 * `GET /sim/report?id=PMTINFID`: a pain.002 with what the bank would say of the file's orders now: PDNG, ACSC, or RJCT
 * with AC04 (closed account).
 */
export function reportOn({ ledger }: Office, url: URL): Answer {
  const id = url.searchParams.get('id') ?? '';
  const lines = ledger.ofBulk(id).filter(({ effect }) => effect !== 'second_debit');
  if (lines.length === 0) return refusal(404, 'the bank knows no such file');
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>STS-${id}</MsgId><CreDtTm>${lines[0]?.value_date}T${lines[0]?.value_time}</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>${id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>${id}</OrgnlPmtInfId>
${lines.map(statusOf).join('\n')}
</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>
`;
  return { status: 200, type: 'application/xml; charset=utf-8', body };
}

function statusOf({ reference, bank_reference, debited, effect }: BankLine): string {
  const status = !debited ? 'RJCT' : effect === 'pending' ? 'PDNG' : 'ACSC';
  const reason = debited ? '' : '<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>';
  const own = bank_reference === undefined ? '' : `<AcctSvcrRef>${bank_reference}</AcctSvcrRef>`;
  return `<TxInfAndSts><OrgnlEndToEndId>${reference}</OrgnlEndToEndId><TxSts>${status}</TxSts>${reason}${own}</TxInfAndSts>`;
}

/** The text of the first such element that holds no other. */
function textOf(xml: string, tag: string): string {
  const text = new RegExp(`<${tag}>\\s*([^<]*?)\\s*</`).exec(xml)?.[1] ?? '';
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] as string);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function refusal(status: number, error: string): Answer {
  return { status, body: JSON.stringify({ error }) };
}

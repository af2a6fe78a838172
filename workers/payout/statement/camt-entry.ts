import { isDate, parseInstant, wibDate } from '../../../jobs/time.ts';
import { type Exact, parsePlain } from './amount.ts';
import { currencyOf, find, findAll, textAt, type XmlNode } from './node.ts';
import { asBulkId, asField, asReference, given } from './our-ids.ts';
import { findReturnCode } from './return-reason.ts';

/** One `Ntry` as it stands in the document: amounts are its text, of any currency. What is missing is null. */
export interface CamtEntry {
  readonly amountText: string | null;
  readonly currency: string | null;
  readonly indicator: string | null;
  readonly status: string | null;
  readonly reversal: boolean;
  /** The day of its value where the entry has no `BookgDt`, which the standard leaves to the bank. */
  readonly bookingDate: string | null;
  readonly valueDate: string | null;
  readonly bankReference: string | null;
  /** Where the entry may name its one payment: NtryRef, AcctSvcrRef, and the ids of its Btch. */
  readonly references: readonly (string | null)[];
  /** What the entry says it was ordered as, by its Btch: usually one, or none. */
  readonly bulkIds: readonly string[];
  /** Btch/NbOfTxs; null: the entry does not say that it is a batch. */
  readonly batchCount: number | null;
  /** What it says was charged, in its currency. */
  readonly charges: Exact | null;
  readonly info: string | null;
  readonly details: readonly CamtDetail[];
}

/** One `TxDtls`. */
export interface CamtDetail {
  readonly amountText: string | null;
  readonly currency: string | null;
  readonly charges: Exact | null;
  readonly indicator: string | null;
  readonly endToEndId: string | null;
  readonly instructionId: string | null;
  readonly paymentId: string | null;
  readonly messageId: string | null;
  /** All that its Refs hold, whatever it is called. */
  readonly references: readonly (string | null)[];
  readonly bankReference: string | null;
  /** Whether there is a RtrInf, and the reason that it gives. */
  readonly isReturn: boolean;
  readonly returnReason: string | null;
  readonly creditorName: string | null;
  readonly creditorAccount: string | null;
  readonly debtorName: string | null;
  readonly debtorAccount: string | null;
  /** Remittance text, structured reference and additional information, in the document's order. */
  readonly texts: readonly string[];
}

/** Reads an entry of any version from 001.02 on (dates, statuses and parties moved over the years). */
export function readEntry(entry: XmlNode): CamtEntry {
  const amount = find(entry, 'Amt');
  const groups = findAll(entry, 'NtryDtls');
  const batches = groups.map((group) => find(group, 'Btch')).filter((batch) => batch !== undefined);
  return {
    amountText: textAt(amount),
    currency: currencyOf(amount),
    indicator: textAt(entry, 'CdtDbtInd'),
    status: textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts', 'Prtry') ?? textAt(entry, 'Sts'),
    reversal: /^(true|1)$/.test(textAt(entry, 'RvslInd') ?? ''),
    bookingDate: readDate(find(entry, 'BookgDt') ?? find(entry, 'ValDt')),
    valueDate: readDate(find(entry, 'ValDt')),
    bankReference: given(textAt(entry, 'AcctSvcrRef')),
    references: [
      textAt(entry, 'NtryRef'),
      textAt(entry, 'AcctSvcrRef'),
      ...batches.flatMap((batch) => [textAt(batch, 'PmtInfId'), textAt(batch, 'MsgId')]),
    ],
    bulkIds: [...new Set(batches.flatMap(bulkIdsOf))],
    batchCount: batches.length === 0 ? null : batches.reduce((sum, batch) => sum + countOf(batch), 0),
    charges: chargesOf(entry, currencyOf(amount)),
    info: textAt(entry, 'AddtlNtryInf'),
    details: groups.flatMap((group) => findAll(group, 'TxDtls').map((one) => readDetail(one, currencyOf(amount)))),
  };
}

/** PmtInfId is ours or the bank's; MsgId counts when it is one of ours: banks number their own messages. */
function bulkIdsOf(batch: XmlNode): readonly string[] {
  const [payment, message] = [paymentIdOf(batch), asBulkId(textAt(batch, 'MsgId'))];
  if (message === null) return payment === null ? [] : [payment];
  return asBulkId(payment) === null ? [message] : [payment as string, message];
}

/** What an order is paid under alone is its reference, no bulk id. */
function paymentIdOf(node: XmlNode | undefined): string | null {
  const id = given(asField(textAt(node, 'PmtInfId')));
  return asReference(id) === null ? id : null;
}

/** Banks tell their own references (`Prtry`) from each other by a type. */
function allReferences(references: XmlNode | undefined): readonly (string | null)[] {
  return (references?.children ?? []).map((child) => textAt(child, 'Ref') ?? textAt(child));
}

function readDetail(detail: XmlNode, currency: string | null): CamtDetail {
  const returned = find(detail, 'RtrInf');
  const amount = find(detail, 'Amt') ?? find(detail, 'AmtDtls', 'TxAmt', 'Amt');
  const references = find(detail, 'Refs');
  const parties = find(detail, 'RltdPties');
  return {
    amountText: textAt(amount),
    currency: currencyOf(amount),
    charges: chargesOf(detail, currency),
    indicator: textAt(detail, 'CdtDbtInd'),
    endToEndId: given(textAt(references, 'EndToEndId')),
    instructionId: given(textAt(references, 'InstrId')),
    paymentId: paymentIdOf(references),
    messageId: asBulkId(textAt(references, 'MsgId')),
    references: allReferences(references),
    bankReference: given(textAt(references, 'AcctSvcrRef')),
    isReturn: returned !== undefined,
    returnReason: reasonOf(returned),
    creditorName: nameOf(parties, 'Cdtr'),
    creditorAccount: accountOf(find(parties, 'CdtrAcct')),
    debtorName: nameOf(parties, 'Dbtr'),
    debtorAccount: accountOf(find(parties, 'DbtrAcct')),
    texts: remittance(detail),
  };
}

/** The sum of all records, up to 001.02 of all `Chrgs`; null: none is said, or not in this currency. */
function chargesOf(node: XmlNode, currency: string | null): Exact | null {
  const parts = findAll(node, 'Chrgs').flatMap((charges) => {
    const records = findAll(charges, 'Rcrd');
    return records.length > 0 ? records : [charges];
  });
  let sum: Exact | null = null;
  for (const part of parts) {
    const amount = find(part, 'Amt') ?? find(part, 'TtlChrgsAndTaxAmt');
    const charged = currencyOf(amount) === currency ? parsePlain(textAt(amount) ?? '') : undefined;
    if (charged === undefined) return null;
    sum = (sum ?? 0n) + charged;
  }
  return sum;
}

/** The code; a bank's own words, of which a code in them is more; or a code that stands in the additional text only. */
function reasonOf(returned: XmlNode | undefined): string | null {
  const words = textAt(returned, 'Rsn', 'Prtry');
  const inTexts = [words, ...textsNamed(returned, 'AddtlInf')].map((text) => findReturnCode(text ?? ''));
  return textAt(returned, 'Rsn', 'Cd') ?? firstText(inTexts) ?? words;
}

function remittance(detail: XmlNode): string[] {
  const texts: string[] = [];
  for (const part of find(detail, 'RmtInf')?.children ?? []) {
    if (part.name === 'Ustrd') texts.push(part.text.trim());
    else texts.push(asField(textAt(part, 'CdtrRefInf', 'Ref')) ?? '', ...textsNamed(part, 'AddtlRmtInf'));
  }
  texts.push(...textsNamed(find(detail, 'RtrInf'), 'AddtlInf'), textAt(detail, 'AddtlTxInf') ?? '');
  return texts.filter((text) => text !== '');
}

function textsNamed(node: XmlNode | undefined, name: string): readonly string[] {
  return node === undefined ? [] : findAll(node, name).map((child) => child.text.trim());
}

/** `Nm`, since 001.08 under `Pty`. */
function nameOf(parties: XmlNode | undefined, role: string): string | null {
  return textAt(parties, role, 'Nm') ?? textAt(parties, role, 'Pty', 'Nm');
}

/** `IBAN` or `Othr/Id` of an account. */
export function accountOf(account: XmlNode | undefined): string | null {
  return textAt(account, 'Id', 'IBAN') ?? textAt(account, 'Id', 'Othr', 'Id');
}

function firstText(texts: readonly (string | null)[]): string | null {
  return texts.find((text) => text !== null) ?? null;
}

function countOf(batch: XmlNode): number {
  const text = textAt(batch, 'NbOfTxs') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** The WIB date of a `Dt` or `DtTm` choice; null: missing or unreadable. */
export function readDate(choice: XmlNode | undefined): string | null {
  return readDateText(textAt(choice, 'Dt') ?? textAt(choice, 'DtTm'));
}

/** A date, a local time (its date counts as it stands), or a time with an offset (turned to WIB). */
export function readDateText(text: string | null): string | null {
  if (text === null) return null;
  const date = text.slice(0, 10);
  if (!isDate(date)) return null;
  const rest = text.slice(10);
  if (rest === '' || /^T\d{2}:\d{2}:\d{2}(\.\d+)?(\+07:00)?$/.test(rest)) return date;
  // A date may carry an offset too (xs:date); it says nothing about the day in WIB that the date alone does not.
  if (/^(Z|[+-]\d{2}:\d{2})$/.test(rest)) return date;
  const at = parseInstant(text);
  return at === undefined ? null : wibDate(at);
}

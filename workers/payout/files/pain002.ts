import { refuse } from '../../../jobs/errors.ts';
import { type Exact, parsePlain } from '../statement/amount.ts';
import { addChild, findAll, newNode, textAt, type XmlNode } from '../statement/node.ts';
import { type XmlHandler, XmlScanner } from '../statement/xml.ts';

/**
 * What a status comes to; `open`: the bank has not decided yet, and nothing changes; `duplicate`: it refuses what it has
 * already, which says nothing of what it has. Money is paid by statement alone.
 */
export type FileOutcome = 'accepted' | 'rejected' | 'duplicate' | 'open';

const OUTCOMES: Readonly<Record<string, FileOutcome>> = {
  ACTC: 'accepted',
  ACCP: 'accepted',
  ACFC: 'accepted',
  ACSP: 'accepted',
  ACPD: 'accepted',
  ACWC: 'accepted',
  ACWP: 'accepted',
  ACSC: 'accepted',
  ACCC: 'accepted',
  RJCT: 'rejected',
  // Cancelled is not paid.
  CANC: 'rejected',
  PDNG: 'open',
  RCVD: 'open',
  PART: 'open',
  PATC: 'open',
  // Blocked money is neither with the payee nor ours again: a person has to ask.
  BLCK: 'open',
};

/** ISO 20022 external reasons of a status, or of a cancellation (DUPL): the message, payment, order or its ids are there. */
const DUPLICATES: ReadonlySet<string> = new Set(['AM05', 'DU01', 'DU02', 'DU03', 'DU04', 'DU05', 'DUPL']);

/** What a level of the report (the file, its one payment) says about all orders that it does not name. */
export interface FileStatus {
  readonly outcome: FileOutcome | null;
  /** An external reason code of ISO 20022, or the bank's own; '' when it gives none. */
  readonly reason: string;
  readonly count: number | null;
  readonly sum: Exact | null;
}

export interface OrderStatus {
  readonly reference: string;
  readonly outcome: FileOutcome;
  readonly reason: string;
  readonly bankReference: string | null;
}

export type StatusEvent =
  | { readonly kind: 'file'; readonly messageId: string; readonly status: FileStatus }
  | { readonly kind: 'payment'; readonly paymentId: string; readonly status: FileStatus }
  | { readonly kind: 'order'; readonly order: OrderStatus };

/**
 * Reads a pain.002 (001.03 to 001.10), streaming: the file's status first, then its payment's, then its orders'.
 * @throws exit 2 for what is not well-formed, no pain.002, a status that is not known, or counts that contradict it
 */
export async function* readPain002(texts: AsyncIterable<string>): AsyncGenerator<StatusEvent[], void, undefined> {
  const report = createReport();
  const scanner = new XmlScanner(report.handler);
  for await (const text of texts) {
    scanner.push(text);
    const events = report.take();
    if (events.length > 0) yield events;
  }
  scanner.end();
  report.end();
}

/** Elements that stand for themselves; everything above them is walked through, everything else in them is kept. */
const PARTS: ReadonlySet<string> = new Set(['OrgnlGrpInfAndSts', 'TxInfAndSts']);
const PAYMENT = 'OrgnlPmtInfAndSts';

function createReport() {
  let events: StatusEvent[] = [];
  const stack: XmlNode[] = [];
  let isReport = false;
  let file: FileStatus | null = null;
  let payment: ReturnType<typeof createPayment> | null = null;

  function begun(name: string): XmlNode | null {
    if (name === 'CstmrPmtStsRpt') isReport = true;
    if (name === PAYMENT) payment = createPayment();
    if (PARTS.has(name) || (payment !== null && name !== PAYMENT)) return newNode(name, '');
    return null;
  }

  function ended(node: XmlNode): void {
    if (node.name === 'OrgnlGrpInfAndSts') {
      file = statusOf(node, 'GrpSts');
      events.push({ kind: 'file', messageId: textAt(node, 'OrgnlMsgId') ?? '', status: file });
    } else if (node.name === 'TxInfAndSts' && payment !== null) {
      const order = orderOf(node);
      events.push(...payment.before(), { kind: 'order', order });
      payment.saw(node);
    } else payment?.add(node);
  }

  const handler: XmlHandler = {
    open(name) {
      const parent = stack.at(-1);
      const node = parent === undefined ? begun(name) : newNode(name, '');
      if (node === null) return;
      if (parent !== undefined) addChild(parent, node);
      stack.push(node);
    },
    text(text) {
      const node = stack.at(-1);
      if (node !== undefined) node.text += text;
    },
    close() {
      const node = stack.pop();
      if (node === undefined) {
        // Only the payment itself is left to close here, or what stands above it.
        if (payment !== null) events.push(...payment.before());
        payment?.end(file);
        payment = null;
      } else if (stack.length === 0) ended(node);
    },
  };
  return {
    handler,
    take(): StatusEvent[] {
      const taken = events;
      events = [];
      return taken;
    },
    end(): void {
      if (!isReport || file === null) throw refuse('this is no pain.002 status report about a file of ours');
    },
  };
}

/** One payment of the report: its own elements, then its orders. */
function createPayment() {
  const root = newNode(PAYMENT, '');
  const named = new Map<string, number>();
  let told = false;
  return {
    add(node: XmlNode): void {
      addChild(root, node);
    },
    saw(order: XmlNode): void {
      const code = textAt(order, 'TxSts') ?? '';
      named.set(code, (named.get(code) ?? 0) + 1);
    },
    /** The payment's own status, the first time it is asked for: it precedes its orders. */
    before(): StatusEvent[] {
      if (told) return [];
      told = true;
      return [{ kind: 'payment', paymentId: textAt(root, 'OrgnlPmtInfId') ?? '', status: statusOf(root, 'PmtInfSts') }];
    },
    end: (file: FileStatus | null) => requireCounts(root, named, file),
  };
}

function statusOf(node: XmlNode, element: string): FileStatus {
  const code = textAt(node, element);
  const count = textAt(node, 'OrgnlNbOfTxs');
  const sum = textAt(node, 'OrgnlCtrlSum');
  return {
    outcome: code === null ? null : outcomeOf(node, code),
    reason: reasonsOf(node)[0] ?? '',
    count: count === null ? null : wholeNumber(count, 'OrgnlNbOfTxs'),
    sum: sum === null ? null : (parsePlain(sum) ?? unreadable('OrgnlCtrlSum')),
  };
}

function orderOf(node: XmlNode): OrderStatus {
  const reference = textAt(node, 'OrgnlEndToEndId');
  if (reference === null) throw refuse('the report has an order without its OrgnlEndToEndId');
  const outcome = outcomeOf(node, textAt(node, 'TxSts') ?? '');
  return { reference, outcome, reason: reasonsOf(node)[0] ?? '', bankReference: textAt(node, 'AcctSvcrRef') };
}

function outcomeOf(node: XmlNode, code: string): FileOutcome {
  const outcome = Object.hasOwn(OUTCOMES, code) ? OUTCOMES[code] : undefined;
  if (outcome === undefined)
    throw refuse(`the report has the status ${code.slice(0, 8) || '(none)'}, which is not known`);
  return outcome === 'rejected' && reasonsOf(node).some((reason) => DUPLICATES.has(reason)) ? 'duplicate' : outcome;
}

function reasonsOf(node: XmlNode): string[] {
  return findAll(node, 'StsRsnInf').map((info) =>
    (textAt(info, 'Rsn', 'Cd') ?? textAt(info, 'Rsn', 'Prtry') ?? '').replace(/[^\w -]/g, '').slice(0, 35),
  );
}

/** The bank has not taken it, or has it already. */
export function isRefusal(outcome: FileOutcome | null | undefined): boolean {
  return outcome === 'rejected' || outcome === 'duplicate';
}

/**
 * What the payment counts by status must be its orders, and what it names must be among them; each refused or cancelled one
 * by name, and each blocked one where the others are taken: what has no name is what the payment or the file is.
 */
function requireCounts(payment: XmlNode, named: ReadonlyMap<string, number>, file: FileStatus | null): void {
  const counted = new Map<string, number>();
  for (const one of findAll(payment, 'NbOfTxsPerSts'))
    counted.set(textAt(one, 'DtldSts') ?? '', wholeNumber(textAt(one, 'DtldNbOfTxs') ?? '', 'DtldNbOfTxs'));
  const { count, outcome } = statusOf(payment, 'PmtInfSts');
  const wrong = [count !== null && sumOf(named) > count];
  if (counted.size > 0) {
    const isAllRejected = isRefusal(outcome) || isRefusal(file?.outcome);
    const isAllTaken = (outcome ?? file?.outcome) === 'accepted';
    const isUnnamed = (code: string) => (counted.get(code) ?? 0) !== (named.get(code) ?? 0);
    wrong.push(
      count !== null && sumOf(counted) !== count,
      [...named].some(([code, n]) => n > (counted.get(code) ?? 0)),
      !isAllRejected && (isUnnamed('RJCT') || isUnnamed('CANC')),
      isAllTaken && isUnnamed('BLCK'),
    );
  }
  if (wrong.includes(true))
    throw refuse('the report contradicts itself: its counts of orders are not those that it names; ask the bank again');
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function wholeNumber(text: string, element: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : unreadable(element);
}

function unreadable(element: string): never {
  throw refuse(`the report's ${element} cannot be read`);
}

import type { KeyObject } from 'node:crypto';
import type { Accounts } from './bank-accounts.ts';
import { BULK_OF, payBulk } from './bank-bulk.ts';
import type { Caller } from './bank-callback.ts';
import { admit, type Client, grantToken } from './bank-door.ts';
import type { BankLine, Ledger } from './bank-ledger.ts';
import { type Call, type Decision, inquire, pay, type Rules, status } from './bank-payment.ts';
import { type Reply, reply, toHttp } from './bank-reply.ts';
import type { Tokens } from './bank-signature.ts';
import type { Fault, Picker } from './faults.ts';
import { type Exchange, isAfterProcessing } from './http.ts';
import type { EventLog } from './log.ts';
import type { ClockUs } from './time.ts';

/** Internal, external, e-money. */
const INQUIRIES: ReadonlySet<string> = new Set(['15', '16', '37']);

/** Everything one bank works with. */
export type Office = {
  readonly client: Client;
  readonly rules: Rules;
  readonly key: KeyObject;
  readonly tokens: Tokens;
  readonly token_seconds: number;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly caller: Caller;
  /** What goes wrong. */
  readonly picker: Picker;
  readonly log: EventLog;
  readonly latency_ms: number;
  readonly clock: ClockUs;
  readonly admits: (at_us: number) => boolean;
};

/** Decides one SNAP call, writes it into the log, and answers: in this order, so that no answer outruns the log. */
export function serve(office: Office, exchange: Exchange, service: string, fault: Fault | undefined): void {
  const at_us = office.clock();
  if (!office.admits(at_us)) {
    const busy = reply(service, '429', '00');
    record(office, at_us, service, busy.code, wanted(exchange));
    exchange.answer(toHttp(busy));
    return;
  }
  const effect = fault !== undefined && isEffect(fault) ? fault : undefined;
  const wire = effect === undefined ? fault : undefined;
  if (wire !== undefined && !isAfterProcessing(wire)) {
    refuse(office, exchange, service, wire, at_us);
    return;
  }
  const { reply: said, lines } = decide(office, exchange, service, at_us, effect);
  const written = book(office, at_us, service, lines, (line) => {
    const code = line.code ?? said.code;
    return wire === undefined ? { answer: code } : { answer: `fault:${wire.kind}`, code };
  });
  office.caller.tell(service, written);
  const lost = wire?.kind === 'answer_lost' ? errorReply(wire.value, service) : undefined;
  exchange.answer(toHttp(lost ?? said), lost ? undefined : wire, office.latency_ms);
}

/** Writes what became of orders into the log, and the second debits of those that are debited twice. */
export function book(
  office: Office,
  at_us: number,
  service: string,
  lines: readonly Partial<BankLine>[],
  said: (line: Partial<BankLine>) => { readonly answer: string; readonly code?: string },
): BankLine[] {
  const written = lines.map((line) => {
    const { answer, ...more } = said(line);
    return record(office, at_us, service, answer, { ...line, ...more });
  });
  for (const line of lines.filter((one) => one.effect === 'double_debit')) {
    const second = { bank_reference: office.ledger.nextBankReference(), effect: 'second_debit' } as const;
    record(office, at_us, service, 'second_debit', { ...line, ...second });
  }
  return written;
}

/** What the bank does to each of many orders: to the first what was picked for all, to each other what is picked next. */
export function effectsOn({ picker }: Office, first?: Fault): () => Fault | undefined {
  let picked = 0;
  return () => {
    const fault = picked++ === 0 ? first : picker.next('payment').fault;
    return fault !== undefined && isEffect(fault) ? fault : undefined;
  };
}

/** A fault before the work: nothing happens to any money. */
function refuse(office: Office, exchange: Exchange, service: string, fault: Fault, at_us: number): void {
  const said = errorReply(fault.kind === 'error_text' ? fault.value : fault.kind, service);
  record(office, at_us, service, said?.code ?? `fault:${fault.kind}`, wanted(exchange));
  if (said === undefined) exchange.answer({ status: 200, body: '' }, fault, office.latency_ms);
  else exchange.answer(toHttp(said), undefined, office.latency_ms);
}

/** What a call comes to: its answer, and a line of the log for each order that it is about, or one. */
type Decided = { readonly reply: Reply; readonly lines: readonly Partial<BankLine>[] };

function decide(office: Office, exchange: Exchange, service: string, at_us: number, effect?: Fault): Decided {
  const { client, tokens, ledger } = office;
  if (service === '73') {
    return { reply: grantToken(exchange, client, office.key, tokens, office.token_seconds), lines: [{}] };
  }
  const admitted = admit(exchange, service, client, tokens, ledger.usedExternalId);
  if ('code' in admitted) return { reply: admitted, lines: [wanted(exchange)] };
  const call: Call = { ...admitted, service, at_us };
  const { reply: said, lines } = answerTo(call, office, effect);
  const [value_date, value_time] = call.at.split('T') as [string, string];
  const of = { external_id: call.external_id, value_date, value_time };
  return { reply: said, lines: lines.map((line) => ({ ...line, ...of })) };
}

function answerTo(call: Call, office: Office, effect?: Fault): Decided {
  const { ledger, accounts, rules } = office;
  if (BULK_OF[call.service] !== undefined) return payBulk(call, ledger, accounts, rules, effectsOn(office, effect));
  const one = (decision: Decision): Decided => ({ reply: decision.reply, lines: [decision.line] });
  if (call.service === '36') return one(status(call, ledger, rules));
  if (INQUIRIES.has(call.service)) return one(inquire(call, accounts, effect));
  return one(pay(call, ledger, accounts, rules, effect));
}

function record(
  office: Office,
  at_us: number,
  service: string,
  answer: string,
  line: Partial<BankLine> = {},
): BankLine {
  const none = { reference: '', external_id: '', account: '', amount_idr: '0' };
  const whole: BankLine = { at_us, ...none, answer, debited: false, service, ...line };
  office.log.write(whole);
  office.ledger.apply(whole);
  return whole;
}

function isEffect({ kind }: Fault): boolean {
  return !/^(?:timeout|disconnect|answer_lost|error_text|html|truncated|empty|http_\d{3})$/.test(kind);
}

/** `http_504` or "504xx00 Timeout" or "5041800" as a SNAP reply; undefined for what is no HTTP answer. */
function errorReply(value: string, service: string): Reply | undefined {
  const http = /^http_(\d{3})$/.exec(value)?.[1];
  if (http !== undefined) return reply(service, http, '00');
  const [, code, message = ''] = /^(\d{3}(?:xx|\d{2})\d{2})\s*(.*)$/.exec(value) ?? [];
  return code === undefined ? undefined : { code: code.replace('xx', service), message, fields: {} };
}

/** What a call that was not looked at asked for, so that the log still says which order it was about. */
function wanted({ body, request }: Exchange): Partial<BankLine> {
  const find = (pattern: RegExp): string => pattern.exec(body)?.[1] ?? '';
  return {
    reference: find(/"(?:partnerReferenceNo|originalPartnerReferenceNo)"\s*:\s*"([^"]*)"/),
    external_id: String(request.headers['x-external-id'] ?? ''),
    account: find(/"(?:beneficiaryAccountNo|customerNumber)"\s*:\s*"([^"]*)"/),
    amount_idr: find(/"value"\s*:\s*"(\d+)\.\d\d"/) || '0',
  };
}

import type { Socket } from 'node:net';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import type { Fault } from './faults.ts';
import type { EventLog } from './log.ts';
import { type Accepted, deliveryStatus, feedbackReport } from './mail-report.ts';
import type { Mailbox, Mailboxes } from './mailboxes.ts';
import type { Maildir } from './maildir.ts';
import type { ClockUs } from './time.ts';

const HEADER_BYTES_MAX = 16 << 10;

/** Everything one mail exchanger works with. */
export type PostOffice = {
  readonly clock: ClockUs;
  readonly mailboxes: Mailboxes;
  readonly log: EventLog;
  readonly bounces: Maildir;
  readonly late_bounces: boolean;
  readonly transient_clears_after: number;
  /** Attempts at transient mailboxes, by address. */
  readonly attempts: Map<string, number>;
  /** Open sockets by the client's port, to be cut by a fault. */
  readonly sockets: Map<number, Socket>;
  /** Sessions whose answer to DATA gets lost: chosen at RCPT. */
  readonly losing: WeakMap<SMTPServerSession, Fault>;
};
export type Reply = (error?: Error | null, message?: string) => void;
type Refusal = Extract<Mailbox, { kind: 'refuses' }>;

/** Answers RCPT TO: accepted, refused as the mailbox is, or spoiled by `fault`. */
export function recipient(
  office: PostOffice,
  rcpt: string,
  session: SMTPServerSession,
  reply: Reply,
  fault: Fault | undefined,
): void {
  const write = (answer: string): void => {
    office.log.write({ at_us: office.clock(), ...envelopeOf(session), rcpt, answer });
  };
  if (fault?.kind === 'answer_lost') office.losing.set(session, fault);
  else if (fault !== undefined) {
    write(fault.kind === 'error_text' ? fault.value : `fault:${fault.kind}`);
    if (fault.kind === 'error_text') reply(smtpError(fault.value));
    if (fault.kind === 'disconnect') office.sockets.get(session.remotePort)?.destroy();
    return;
  }
  const refusal = office.late_bounces ? undefined : refusalOf(office, rcpt);
  if (refusal === undefined) {
    reply();
    return;
  }
  write(replyText(refusal));
  reply(smtpError(replyText(refusal)));
}

/** Takes a message: one log line per recipient, and the reports that will come of it. */
export function message(
  office: PostOffice,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  reply: Reply,
): void {
  readHeaders(stream, (headers) => accept(office, session, headers, reply));
}

function accept(office: PostOffice, session: SMTPServerSession, headers: string, reply: Reply): void {
  const lost = office.losing.get(session);
  office.losing.delete(session);
  const envelope = envelopeOf(session);
  const message_id = messageId(headers) || envelope.message_id;
  for (const { address: rcpt } of session.envelope.rcptTo) {
    const accepted: Accepted = { ...envelope, message_id, rcpt, headers, at_us: office.clock() };
    const { at_us, envelope_from } = accepted;
    const answer = lost === undefined ? '250' : 'fault:answer_lost';
    office.log.write({ at_us, message_id, envelope_from, rcpt, answer, accepted: true });
    const late = office.late_bounces ? refusalOf(office, rcpt) : undefined;
    if (late !== undefined) office.bounces.deliver(deliveryStatus(accepted, late));
    if (office.mailboxes.find(rcpt).kind === 'complains') office.bounces.deliver(feedbackReport(accepted));
  }
  if (lost === undefined) reply(null, '2.0.0 OK: queued');
  else if (lost.value !== 'hang') office.sockets.get(session.remotePort)?.destroy();
}

function refusalOf(office: PostOffice, address: string): Refusal | undefined {
  const mailbox = office.mailboxes.find(address);
  if (mailbox.kind !== 'refuses') return undefined;
  if (mailbox.code >= 500) return mailbox;
  const attempt = (office.attempts.get(address) ?? 0) + 1;
  office.attempts.set(address, attempt);
  return attempt > office.transient_clears_after ? undefined : mailbox;
}

function replyText(refusal: Refusal): string {
  return `${refusal.code} ${refusal.status} ${refusal.text}`;
}

/** "550 5.1.1 User unknown" as the error that smtp-server sends as exactly that line. */
function smtpError(line: string): Error {
  const [, code = '451', text = line] = /^([45]\d\d)[ -]?(.*)$/.exec(line) ?? [];
  return Object.assign(new Error(text), { responseCode: Number(code) });
}

function envelopeOf(session: SMTPServerSession): { message_id: string; envelope_from: string } {
  const { mailFrom, dsn } = session.envelope;
  return { message_id: fromXtext(dsn?.envid ?? ''), envelope_from: mailFrom ? mailFrom.address : '' };
}

/** RFC 3461 writes ENVID as xtext: `+3C` for `<`. */
function fromXtext(text: string): string {
  return text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function messageId(headers: string): string {
  return /^message-id:\s*(\S+)/im.exec(headers)?.[1] ?? '';
}

/** Drains a message and hands over its headers (CRLF lines, without the blank one). */
function readHeaders(stream: SMTPServerDataStream, done: (headers: string) => void): void {
  let text = '';
  stream.on('data', (part: Buffer) => {
    if (text.length < HEADER_BYTES_MAX) text += part.toString('latin1');
  });
  stream.on('end', () => done(text.slice(0, HEADER_BYTES_MAX).split(/\r?\n\r?\n/, 1)[0] ?? ''));
}

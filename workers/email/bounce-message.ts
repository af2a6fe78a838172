import { enhancedStatus, replyStatus } from './bounce.ts';
import { humanText, reportsFromText } from './bounce-text.ts';
import { allParts, header, headerBlocks, type MimePart, parseMime } from './mime.ts';
import { parseVerp } from './verp.ts';

const DIAGNOSTIC_CHARACTERS_MAX = 1000;
const RECIPIENTS_MAX = 100;
const DATE_CHARACTERS_MAX = 100;

/** What a raw bounce or complaint says about one recipient. */
export interface BounceReport {
  /** From the VERP address the bounce was sent to; null when it is not one of ours. */
  readonly recipientToken: string | null;
  /** In lower case; null when it cannot be told. */
  readonly recipientAddress: string | null;
  readonly type: 'bounced' | 'deferred' | 'complained';
  /** The status that says most: the server's own ("5.2.2") before the sending side's summary ("5.0.0"). */
  readonly dsn: string | null;
  readonly diagnostic: string | null;
  /** The Date header; null when it cannot be read (the caller knows when it came). */
  readonly at: Date | null;
}

type Found = Pick<BounceReport, 'recipientAddress' | 'type' | 'dsn' | 'diagnostic'>;
type Fields = ReadonlyMap<string, readonly string[]>;

/**
 * Reads one raw message: RFC 3464 delivery reports, ARF complaints (RFC 5965), else what the text says.
 * @returns one report per recipient; none for a message that is not about a mail that failed (a vacation notice, a
 *   delivery receipt). Never throws.
 */
export function readBounce(raw: Uint8Array): BounceReport[] {
  const message = parseMime(raw);
  const found = complaints(message) ?? deliveryReports(message) ?? reportsFromText(message).map(withSenderFault);
  const recipientToken = found.length === 1 ? tokenOf(message) : null;
  const time = Date.parse(
    header(message, 'date')
      .slice(0, DATE_CHARACTERS_MAX)
      .replace(/\s*\([^)]*\)\s*$/, ''),
  );
  const at = Number.isNaN(time) ? null : new Date(time);
  return found.slice(0, RECIPIENTS_MAX).map((report) => ({ recipientToken, ...report, at }));
}

/** The address the bounce came to, then the envelope sender of the mail inside it. */
function tokenOf(message: MimePart): string | null {
  for (const part of allParts(message)) {
    for (const name of ['delivered-to', 'x-original-to', 'envelope-to', 'to', 'return-path', 'original-mail-from']) {
      for (const value of part.headers.get(name) ?? []) {
        for (const address of value.split(/[\s,;]+/)) {
          const token = parseVerp(address);
          if (token !== null) return token;
        }
      }
    }
    if (!part.type.startsWith('message/') && part.type !== 'text/rfc822-headers') continue;
    const inside = /^(?:return-path|original-mail-from|x-envelope-from):\s*(\S+)/im.exec(part.text)?.[1];
    const token = inside === undefined ? null : parseVerp(inside);
    if (token !== null) return token;
  }
  return null;
}

function complaints(message: MimePart): Found[] | null {
  for (const part of allParts(message)) {
    if (part.type !== 'message/feedback-report') continue;
    const fields = mergedFields(part.text);
    const recipients = [...(fields.get('original-rcpt-to') ?? []), ...(fields.get('removal-recipient') ?? [])];
    const named = new Set(recipients.map(addressIn).filter((address) => address !== null));
    const addresses = named.size > 0 ? [...named] : [originalRecipient(message)];
    const diagnostic = fields.get('feedback-type')?.[0] ?? 'abuse';
    return addresses.map((recipientAddress) => ({ recipientAddress, type: 'complained', dsn: null, diagnostic }));
  }
  return null;
}

function originalRecipient(message: MimePart): string | null {
  for (const part of allParts(message)) {
    if (part.type !== 'message/rfc822' && part.type !== 'text/rfc822-headers') continue;
    const to = /^to:\s*(.+)$/im.exec(part.text)?.[1];
    const address = to === undefined ? null : addressIn(to);
    if (address !== null) return address;
  }
  return null;
}

function deliveryReports(message: MimePart): Found[] | null {
  for (const part of allParts(message)) {
    if (part.type !== 'message/delivery-status' && part.type !== 'message/global-delivery-status') continue;
    const blocks = headerBlocks(part.text).filter((block) => block.has('final-recipient') || block.has('action'));
    const reports = blocks.flatMap((block) => deliveryReport(block) ?? []);
    if (blocks.length > 0) return reports.length === 1 ? reports.map((report) => completed(report, message)) : reports;
  }
  return null;
}

/** RFC 3464 section 2.3; null for an action that is not a failure (delivered, relayed, expanded). */
function deliveryReport(fields: Fields): Found | null {
  const action = (fields.get('action')?.[0] ?? 'failed').toLowerCase();
  if (/^(?:delivered|relayed|expanded)/.test(action)) return null;
  const recipient = fields.get('final-recipient')?.[0] ?? fields.get('original-recipient')?.[0] ?? '';
  const diagnostic = clip((fields.get('diagnostic-code')?.[0] ?? '').replace(/^[\w-]+;\s*/, ''));
  const dsn = moreTelling(fields.get('status')?.[0] ?? '', diagnostic ?? '');
  const type = action.startsWith('delayed') ? 'deferred' : 'bounced';
  return { recipientAddress: addressIn(recipient), type, dsn, diagnostic };
}

/**
 * The server's own words ("550 5.2.2 …") before the sending side's summary; a server that gives no status there leaves
 * the summary, which says least where it is x.0.0.
 */
function moreTelling(summary: string, diagnostic: string): string | null {
  const beside = BESIDE_REPLY.test(diagnostic) ? replyStatus(diagnostic) : null;
  return beside ?? enhancedStatus(summary) ?? replyStatus(diagnostic);
}

const BESIDE_REPLY = /\b[45]\d\d[ -]+[#']?[45]\.\d{1,3}\.\d{1,3}\b/;

/** With one recipient the text for people belongs to it: the words, where the report has none, and at what command. */
function completed(report: Found, message: MimePart): Found {
  const text = humanText(message);
  const command = report.diagnostic === null ? '' : commandRefused(text);
  const diagnostic = report.diagnostic === null ? clip(text) : `${report.diagnostic}${command}`;
  const dsn =
    report.dsn === null || report.dsn.endsWith('.0.0') ? (replyStatus(diagnostic ?? '') ?? report.dsn) : report.dsn;
  return { ...report, diagnostic, dsn: command === AFTER_MAIL_FROM && /^5\.1\./.test(dsn ?? '') ? SENDER_FAULT : dsn };
}

function withSenderFault(report: Found): Found {
  const ours = commandRefused(report.diagnostic ?? '') === AFTER_MAIL_FROM && /^5\.1\./.test(report.dsn ?? '');
  return ours ? { ...report, dsn: SENDER_FAULT } : report;
}

const AFTER_MAIL_FROM = ' (after MAIL FROM)';
/** "Bad sender's system address": what 5.1.x means in answer to MAIL FROM; never a fault of the recipient. */
const SENDER_FAULT = '5.1.8';

function commandRefused(text: string): string {
  // A refused RCPT makes the DATA that follows fail too: that is not a refused mail.
  const atData =
    /end\s+of\s+data/i.test(text) ||
    (/>>> DATA\s*\n<<< [45]/.test(text) && !/>>> RCPT.*\n<<< [45]|no valid recipients/i.test(text));
  if (atData) return ' (after DATA)';
  return /(?:after|reply\s+to)\s+MAIL\s+FROM|>>> MAIL FROM[^\n]*\n<<< [45]/i.test(text) ? AFTER_MAIL_FROM : '';
}

function mergedFields(text: string): Fields {
  return new Map(headerBlocks(text).flatMap((block) => [...block]));
}

function addressIn(text: string): string | null {
  return /[^\s<>;,"]{1,64}@[^\s<>;,"]{1,255}/.exec(text)?.[0].toLowerCase() ?? null;
}

function clip(text: string): string | null {
  const line = text.replace(/\s+/g, ' ').trim().slice(0, DIAGNOSTIC_CHARACTERS_MAX);
  return line === '' ? null : line;
}

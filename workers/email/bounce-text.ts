import { replyStatus } from './bounce.ts';
import type { BounceReport } from './bounce-message.ts';
import { allParts, header, type MimePart } from './mime.ts';

const TEXT_CHARACTERS_MAX = 16_384;
const DIAGNOSTIC_CHARACTERS_MAX = 1000;
const RECIPIENTS_MAX = 100;

/** Where the returned mail begins: what follows is ours, not the server's. */
const ORIGINAL_BEGINS =
  /^[ \t>*-]{0,40}(?:--.{0,120}(?:copy of (?:the|your) message|original (?:message|mail)|returned message|message header|undelivered message|below this line|body of message|forwarded message|unsent message)|message headers? follow|(?:the )?original message (?:follows|headers?|is attached)|the (?:body|header)s? of the (?:original )?message|received: (?:from|by) |return-path: |content-type: message\/rfc822)/im;
const NOT_A_BOUNCE =
  /^(?:(?:re|aw|sv|bls): |(?:auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|vacation|balasan otomatis))/i;
const DELAYED =
  /\bdelay|warning|still being retried|will (?:be retried|keep trying|retry)|could not be delivered (?:yet|for the last)/i;
const SENT_BY_A_SERVER = /mailer-?daemon|postmaster|mail delivery|mail administrator|delivery (?:sub)?system/i;
const SAYS_SO =
  /(?:could|can) ?not be delivered|unable to deliver|undeliverable|delivery (?:has )?failed|did not reach|(?:^|\n)5\d\d[ -]|tidak dapat dikirim/i;
const SUBJECT_OF_BOUNCE =
  /undeliver|deliver\w* (?:status|fail|problem|error|report|notif)|returned mail|return(?:ed|ing) (?:to sender|message)|fail(?:ed|ure)|could not|not deliver|mail (?:error|system)|bounce|rejected|problem|error|unknown|tidak terkirim|gagal/i;
const ADDRESS = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9.-]{1,250}\.[a-z]{2,}/gi;
/** An address that opens a line, with whatever servers put before it. */
const RECIPIENT_LINE =
  /^[\s>*]*(?:(?:to|user|recipient|recipient address|address|rcpt to|5\d\d)s?:?\s*)?<?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9.-]{1,250}\.[a-z]{2,})>?/i;

type Found = Pick<BounceReport, 'recipientAddress' | 'type' | 'dsn' | 'diagnostic'>;

/** The last resort: a bounce that only speaks to people. Empty where nothing says that a mail failed. */
export function reportsFromText(message: MimePart): Found[] {
  const text = humanText(message);
  if (!isBounce(message, text)) return [];
  const type = DELAYED.test(header(message, 'subject')) || DELAYED.test(text.slice(0, 600)) ? 'deferred' : 'bounced';
  const failed = header(message, 'x-failed-recipients').match(ADDRESS) ?? [];
  const recipients = recipientsIn(text, ownAddresses(message), failed);
  return recipients.map(({ address, said }) => {
    const diagnostic = said.replace(/\s+/g, ' ').trim().slice(0, DIAGNOSTIC_CHARACTERS_MAX);
    return { recipientAddress: address, type, dsn: replyStatus(diagnostic), diagnostic: diagnostic || null };
  });
}

/** What a server says about itself and not in the returned mail. */
export function humanText(message: MimePart): string {
  for (const part of allParts(message)) {
    if (!part.type.startsWith('text/') || part.text.trim() === '' || part.type === 'text/rfc822-headers') continue;
    const start = part.text.trimStart().slice(0, TEXT_CHARACTERS_MAX);
    const plain = part.type === 'text/html' ? start.replace(/<(?!\S{1,64}@)[^>]{0,500}>/g, ' ') : start;
    const end = plain.search(ORIGINAL_BEGINS);
    return end > 0 ? plain.slice(0, end) : plain;
  }
  return '';
}

function isBounce(message: MimePart, text: string): boolean {
  if (header(message, 'x-failed-recipients') !== '' || SAYS_SO.test(text)) return true;
  const subject = header(message, 'subject');
  if (NOT_A_BOUNCE.test(subject)) return false;
  return SENT_BY_A_SERVER.test(header(message, 'from')) || SUBJECT_OF_BOUNCE.test(subject);
}

/** Addresses of ours and of the reporting server: never the one that failed. */
function ownAddresses(message: MimePart): ReadonlySet<string> {
  const own = ['to', 'from', 'delivered-to', 'reply-to'].flatMap((name) => message.headers.get(name) ?? []);
  return new Set(own.flatMap((value) => value.toLowerCase().match(ADDRESS) ?? []));
}

interface Mention {
  readonly address: string | null;
  readonly said: string;
}

/** Cuts the text at the lines that name a recipient: each is followed by what the server said about it. */
function recipientsIn(text: string, own: ReadonlySet<string>, failed: readonly string[]): Mention[] {
  const lines = text.split('\n');
  const starts: { address: string; line: number }[] = [];
  lines.forEach((line, index) => {
    const address = RECIPIENT_LINE.exec(line)?.[1]?.toLowerCase();
    if (address === undefined || own.has(address) || starts.length >= RECIPIENTS_MAX) return;
    if (!starts.some((start) => start.address === address)) starts.push({ address, line: index });
  });
  const mentions = starts.map(({ address, line }, index) => ({
    address,
    said: lines.slice(line, starts[index + 1]?.line).join('\n'),
  }));
  const missing = failed.map((address) => address.toLowerCase()).filter((a) => !starts.some((s) => s.address === a));
  for (const address of missing) mentions.push({ address, said: text });
  if (mentions.length > 0) return missing.length > 0 ? mentions.filter((m) => missing.includes(m.address)) : mentions;
  const anywhere = (text.toLowerCase().match(ADDRESS) ?? []).find((address) => !own.has(address));
  return [{ address: anywhere ?? null, said: text }];
}

import { bouncePhrases } from './bounce-phrases.ts';

/**
 * What a bounce says about the address. `hard`: it does not exist; `full`: its mailbox is full; `blocked`: the server
 * refuses us, not the recipient; `deferred`: it may work later. What is not understood is `deferred`: it is sent
 * again, and never held against the applicant at once.
 */
export type BounceClass = 'hard' | 'full' | 'blocked' | 'deferred';

/** A server that writes more than this is not telling us about one address. */
const DIAGNOSTIC_CHARACTERS_MAX = 4000;
const ENHANCED = /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)/;

const patterns: readonly (readonly [BounceClass, RegExp])[] = bouncePhrases.map(({ kind, phrases }) => [
  kind,
  new RegExp(phrases.map((phrase) => phrase.replaceAll('.', '\\.').replaceAll('*', '.{0,60}')).join('|')),
]);

/**
 * Enhanced status first (contract, section 4): 5.1.x but 5.1.8 and 5.2.1 are hard, x.2.2 is a full mailbox, 5.7.x is
 * blocked, 4.x.x is deferred. Anything else is decided by the diagnostic text: a status written in it, then phrases.
 * @param dsn as in "5.2.2"; null, empty or anything unreadable leaves it to the text
 * @example classifyBounce('5.0.0', '552 Mailbox is full') // 'full'
 */
export function classifyBounce(dsn: string | null, diagnostic: string | null): BounceClass {
  const status = enhancedStatus(dsn ?? '');
  const byStatus = classOfStatus(status);
  if (byStatus !== null) return byStatus;
  const text = folded(diagnostic ?? '');
  const inText = status === '5.1.8' ? null : replyStatus(text);
  const byTextStatus = classOfStatus(inText);
  if (byTextStatus !== null) return byTextStatus;
  const found = patterns.find(([, pattern]) => pattern.test(text))?.[0];
  // 5.1.8 is a fault of the sender's address: ours, whatever the words.
  const sendersFault = status === '5.1.8' || inText === '5.1.8';
  return sendersFault && (found === undefined || found === 'hard') ? 'blocked' : (found ?? 'deferred');
}

/** Addresses are blanked: `spam@example.id` says nothing about spam. */
function folded(text: string): string {
  const short = text.slice(0, DIAGNOSTIC_CHARACTERS_MAX).toLowerCase().replace(/\s+/g, ' ');
  return short.replace(/[^\s<>:,;]{1,64}@[^\s<>,;]{1,255}/g, '@');
}

/** A status beside a reply code ("550 5.1.1", "(#5.1.1)") before any other three numbers. */
export function replyStatus(text: string): string | null {
  return /(?:\b[45]\d\d[ -]+[#']?|#)([45]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1] ?? enhancedStatus(text);
}

/** The first enhanced status code (RFC 3463) in a text, such as "5.2.2"; IP addresses are not taken for one. */
export function enhancedStatus(text: string): string | null {
  return ENHANCED.exec(text)?.[1] ?? null;
}

function classOfStatus(status: string | null): BounceClass | null {
  if (status === null || status === '5.1.8') return null;
  if (status.startsWith('5.1.') || status === '5.2.1') return 'hard';
  if (/^\d\.2\.2$/.test(status)) return 'full';
  if (status.startsWith('5.7.')) return 'blocked';
  return status.startsWith('4.') ? 'deferred' : null;
}

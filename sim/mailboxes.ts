import { eachLine, eachRow } from './files.ts';

/** How a mailbox answers RCPT; `complains` accepts and sends an abuse report later. */
export type Mailbox =
  | { readonly kind: 'accepts' }
  | { readonly kind: 'complains' }
  | { readonly kind: 'refuses'; readonly code: number; readonly status: string; readonly text: string };
export type Mailboxes = { find(address: string): Mailbox };

type MailEvent = { registration_id: string; type: string; at: string; dsn?: string; diagnostic?: string };
type Deciding = { at: number; rank: number; mailbox: Mailbox };

const COLUMNS = ['registration_id', 'email'];
const ACCEPTS: Mailbox = Object.freeze({ kind: 'accepts' });
const COMPLAINS: Mailbox = Object.freeze({ kind: 'complains' });
const TEXTS: readonly [RegExp, string][] = [
  [/^.\.1\./, 'User unknown'],
  [/^.\.2\.1$/, 'The email account is disabled'],
  [/^.\.2\.2$/, 'The email account that you tried to reach is over quota'],
  [/^4\.3\./, 'System not accepting network messages'],
  [/^4\./, 'Temporary failure, please try again later'],
  [/^.\.7\./, 'Message blocked by local policy'],
];

/**
 * Reads DATA/registrations.csv and DATA/email-events.ndjson (contract.md section 3) and gives each address the state
 * its events end in: `confirmed` outranks everything, else the last by `at` over all registrations with that address
 * (on equal times the later line). An address without events, or unknown here, accepts.
 *
 * Both files are read twice, so that memory holds only the addresses where something went wrong: the nation's 23
 * million would not fit in a Map (V8 stops at 16.7 million entries).
 * @throws Error naming the line of an event that is not JSON.
 */
export async function loadMailboxes(dir: string): Promise<Mailboxes> {
  const troubled = new Set<string>();
  await eachEvent(dir, ({ type, registration_id }) => {
    if (type !== 'delivered' && type !== 'confirmed') troubled.add(registration_id);
  });
  if (troubled.size === 0) return { find: () => ACCEPTS };
  const wanted = new Set<string>();
  await eachRow(dir, 'registrations.csv', COLUMNS, (id = '', email = '') => {
    if (troubled.has(id)) wanted.add(fold(email));
  });
  const addresses = new Map<string, string>();
  await eachRow(dir, 'registrations.csv', COLUMNS, (id = '', email = '') => {
    const address = fold(email);
    if (wanted.has(address)) addresses.set(id, address);
  });
  const deciding = new Map<string, Deciding>();
  await eachEvent(dir, (event) => {
    const address = addresses.get(event.registration_id);
    if (address === undefined) return;
    const rank = event.type === 'confirmed' ? 1 : 0;
    const next: Deciding = { at: Date.parse(event.at), rank, mailbox: mailboxAfter(event) };
    const known = deciding.get(address);
    if (known === undefined || next.rank > known.rank || (next.rank === known.rank && next.at >= known.at)) {
      deciding.set(address, next);
    }
  });
  return { find: (address) => deciding.get(fold(address))?.mailbox ?? ACCEPTS };
}

async function eachEvent(dir: string, take: (event: MailEvent) => void): Promise<void> {
  let number = 0;
  await eachLine(dir, 'email-events.ndjson', (line) => {
    number += 1;
    if (line.length > 0) take(readEvent(line.toString(), number));
  });
}

function readEvent(text: string, number: number): MailEvent {
  try {
    return JSON.parse(text) as MailEvent;
  } catch {
    throw new Error(`email-events.ndjson line ${number}: not JSON`);
  }
}

function mailboxAfter(event: MailEvent): Mailbox {
  if (event.type === 'complained') return COMPLAINS;
  if (event.type === 'bounced') return refusal(event.dsn ?? '5.0.0', event.diagnostic);
  if (event.type === 'deferred') return refusal(event.dsn ?? '4.3.2', event.diagnostic);
  return ACCEPTS;
}

/** The SMTP reply of an enhanced status (RFC 3463): x.2.2 has its own code pair 452/552, other 4.x.x 451, 5.x.x 550. */
function refusal(dsn: string, diagnostic: string | undefined): Mailbox {
  const status = /^[45]\.\d{1,3}\.\d{1,3}$/.test(dsn) ? dsn : '5.0.0';
  const transient = status.startsWith('4');
  const full = status.slice(1) === '.2.2';
  const code = transient ? (full ? 452 : 451) : full ? 552 : 550;
  // A diagnostic often repeats the codes that the reply begins with anyway.
  const said = diagnostic?.replace(/^(?:smtp;\s*)?(?:\d{3}[ -]?)?(?:[245]\.\d{1,3}\.\d{1,3}\s*)?/i, '').trim();
  return {
    kind: 'refuses',
    code,
    status,
    text: said || TEXTS.find(([pattern]) => pattern.test(status))?.[1] || 'Message refused',
  };
}

/** Addresses are compared without case, as practically every mailbox provider does. */
function fold(address: string): string {
  return address.trim().toLowerCase();
}

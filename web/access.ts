import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { refuse } from '../jobs/errors.ts';
import type { Config } from '../workers/runtime/config.ts';

/**
 * Who may look (contract, section 2). `password`: HTTP Basic with any user name. `identity`: a header that a proxy sets.
 * With both configured both are needed: the proxy proves itself with the password, so that nobody who reaches the port
 * past it can make the header up. `link`: neither is configured; the console is local and opens with a one-time link.
 */
export type AccessMode = 'password' | 'identity' | 'password_and_identity' | 'link';

export interface Access {
  readonly mode: AccessMode;
  /** The path that opens the console; with `link` it carries the token and works once. */
  readonly entrance: string;
  readonly cookieName: string;
  /** Takes the one-time token; returns the session of the cookie to set, or undefined when it is wrong or was used. */
  enter(token: string): string | undefined;
  /** The name to log of who asks, or undefined when they may not look. */
  admit(request: { header(name: string): string | undefined; cookie: string | undefined }): string | undefined;
}

const LOCAL_HOSTS = ['127.0.0.1', '::1', 'localhost'];
const NAME_LENGTH_MAX = 100;

/** Compares without telling by the time taken how much of it was right. */
function same(given: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}

/** The password of an `Authorization: Basic` header. */
function basicPassword(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

export type AccessSettings = Pick<Config, 'consolePassword' | 'consoleIdentityHeader'>;

/** @throws exit 2 when everybody could reach a console that asks for nothing */
export function createAccess({ consolePassword, consoleIdentityHeader }: AccessSettings, host: string): Access {
  if (consolePassword === undefined && consoleIdentityHeader === undefined) {
    if (LOCAL_HOSTS.includes(host)) return linkAccess();
    throw refuse(
      `--host ${host} needs CONSOLE_PASSWORD or CONSOLE_IDENTITY_HEADER; without either it is 127.0.0.1 only`,
    );
  }
  const both = consolePassword !== undefined && consoleIdentityHeader !== undefined;
  return {
    mode: both ? 'password_and_identity' : consolePassword === undefined ? 'identity' : 'password',
    entrance: '/',
    cookieName: '',
    enter: () => undefined,
    admit: (request) => {
      const basic = basicPassword(request.header('authorization'));
      if (consolePassword !== undefined && !(basic && same(basic.password, consolePassword))) return undefined;
      const who = consoleIdentityHeader === undefined ? basic?.user : request.header(consoleIdentityHeader)?.trim();
      if (consoleIdentityHeader !== undefined && !who) return undefined;
      return (who || 'console').slice(0, NAME_LENGTH_MAX);
    },
  };
}

function linkAccess(): Access {
  const session = randomBytes(32).toString('base64url');
  const first = randomBytes(32).toString('base64url');
  let token: string | undefined = first;
  return {
    mode: 'link',
    entrance: `/enter?token=${first}`,
    // Cookies know no ports: two consoles on one machine must not take each other's.
    cookieName: `prakerja-${randomBytes(4).toString('hex')}`,
    enter: (given) => {
      if (token === undefined || !same(given, token)) return undefined;
      token = undefined;
      return session;
    },
    admit: ({ cookie }) => (cookie !== undefined && same(cookie, session) ? 'link' : undefined),
  };
}

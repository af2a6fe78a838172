import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ClockUs } from './time.ts';

const RSA_BITS = 2048;

/** The JSON body without blanks outside strings: SNAP signs this form, whatever was sent. */
export function minify(body: string): string {
  return body.replace(/("(?:\\.|[^"\\])*")|\s+/g, '$1');
}

/**
 * SNAP's symmetric signature: base64 of HMAC-SHA-512 with the client secret over
 * `METHOD:path:token:lowerhex(SHA-256(minified body)):timestamp` (domain.md, "Bank side").
 */
export function callSignature(
  secret: string,
  call: { method: string; path: string; token: string; body: string; timestamp: string },
): string {
  const digest = createHash('sha256').update(minify(call.body)).digest('hex');
  const text = `${call.method}:${call.path}:${call.token}:${digest}:${call.timestamp}`;
  return createHmac('sha512', secret).update(text).digest('base64');
}

/** Compares two signatures in constant time. */
export function sameSignature(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** SNAP's asymmetric signature of a token request: SHA256withRSA over `clientId|timestamp`, base64. */
export function isTokenSignature(key: KeyObject, clientId: string, timestamp: string, signature: string): boolean {
  return verify('RSA-SHA256', Buffer.from(`${clientId}|${timestamp}`), key, Buffer.from(signature, 'base64'));
}

/** The public half of the client's key, whose private half in `path` is for the program. */
export function clientPublicKey(path: string): KeyObject {
  return createPublicKey(keptPrivateKey(path));
}

/**
 * A private key in `path` (PKCS #8, mode 0600), made at the first start: the client's, or the bank's own. A restart finds
 * the same, so that the printed environment stays good.
 */
export function keptPrivateKey(path: string): KeyObject {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return createPrivateKey(readFileSync(path));
}

/** Writes a key's public half to `path`, for who is to believe its signatures. */
export function publishKey(key: KeyObject, path: string): void {
  writeFileSync(path, createPublicKey(key).export({ type: 'spki', format: 'pem' }));
}

export type Tokens = { issue(): string; holds(token: string): boolean };

/** Bearer tokens that live `seconds`; in memory only, so a restarted bank asks everybody to log in again. */
export function newTokens(seconds: number, clock: ClockUs): Tokens {
  const until = new Map<string, number>();
  return {
    issue() {
      const token = randomBytes(24).toString('base64url');
      until.set(token, clock() + seconds * 1_000_000);
      return token;
    },
    holds: (token) => (until.get(token) ?? 0) > clock(),
  };
}

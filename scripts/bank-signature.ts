import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sha256Hex } from '../jobs/canonical.ts';
import { refuse } from '../jobs/errors.ts';

/** @throws exit 2 when BANK_PUBLIC_KEY_FILE is unset, cannot be read, or holds no RSA key */
export function readBankKey(file: string | undefined): KeyObject {
  if (file === undefined)
    throw refuse('BANK_PUBLIC_KEY_FILE is not set: without it nobody can tell who a notification is from');
  try {
    const key = createPublicKey(readFileSync(file));
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Whatever is wrong with it, the sentence is the same.
  }
  throw refuse('BANK_PUBLIC_KEY_FILE: the file cannot be read, or holds no RSA public key');
}

/** What the signature of a notification covers. */
export interface SignedNotice {
  readonly path: string;
  /** As it came. */
  readonly body: string;
  /** X-TIMESTAMP. */
  readonly timestamp: string;
  /** X-SIGNATURE, base64. */
  readonly signature: string;
}

/** SNAP's asymmetric signature: SHA256withRSA over `POST:path:lowerhex(SHA-256(minified body)):timestamp`. */
export function isBankSignature(key: KeyObject, { path, body, timestamp, signature }: SignedNotice): boolean {
  const text = `POST:${path}:${sha256Hex(minified(body))}:${timestamp}`;
  return verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64'));
}

/** Without the blanks outside strings; everything else stays as the bank wrote it. */
function minified(body: string): string {
  return body.replace(/("(?:\\.|[^"\\])*")|\s+/g, '$1');
}

import { sha256 } from '@noble/hashes/sha2.js';
import { hexText, LineError } from './lines.ts';

type SubtleKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The office's public key. */
export interface OfficeKey {
  readonly key: SubtleKey;
  /** SHA-256 of the key's SPKI in DER, lower-case hex: openssl pkey -pubin -in office.pub -outform DER | sha256sum */
  readonly fingerprint: string;
}

const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/;

/** Reads office.pub: an Ed25519 key as SPKI in PEM. @throws LineError when it is something else */
export async function readOfficeKey(pem: Uint8Array): Promise<OfficeKey> {
  const body = PEM.exec(new TextDecoder().decode(pem))?.[1];
  try {
    const spki = Uint8Array.from(atob(body ?? ''), (letter) => letter.charCodeAt(0));
    const key = await crypto.subtle.importKey('spki', spki, 'Ed25519', true, ['verify']);
    return { key, fingerprint: hexText(sha256(spki)) };
  } catch {
    throw new LineError(1, 'is not an Ed25519 public key in PEM');
  }
}

/** Whether signatures can be checked here: a browser of before 2025 cannot, nor a page that came over plain http. */
export async function canCheckSigned(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify']);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a list was signed with the key. Ed25519 (RFC 8032) by Web Crypto: Node 20 has it, and browsers since 2025.
 * @param signature the raw 64 bytes
 */
export async function checkSigned(list: Uint8Array, signature: Uint8Array, key: OfficeKey): Promise<boolean> {
  return crypto.subtle.verify('Ed25519', key.key, Uint8Array.from(signature), Uint8Array.from(list));
}

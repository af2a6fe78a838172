import { createHash, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto';

const WIB_OFFSET_MS = 7 * 3600 * 1000;

/** `2020-09-15T10:00:00+07:00`: SNAP BI's X-TIMESTAMP, in WIB, without fractions. */
export function snapTimestamp(at: Date): string {
  return `${new Date(at.getTime() + WIB_OFFSET_MS).toISOString().slice(0, 19)}+07:00`;
}

/** A private key in PEM (PKCS#8 or PKCS#1). @throws Error when it cannot be read. */
export function readPrivateKey(pem: string): KeyObject {
  return createPrivateKey(pem);
}

/** The token call's X-SIGNATURE: SHA256withRSA over `clientId|timestamp`, base64 (domain.md, "Bank side"). */
export function tokenSignature(key: KeyObject, clientId: string, timestamp: string): string {
  return sign('RSA-SHA256', Buffer.from(`${clientId}|${timestamp}`), key).toString('base64');
}

/** What a call's signature covers. `body` is exactly the text that is sent, `path` the whole path that it is sent to. */
export interface SignedCall {
  readonly method: 'POST';
  readonly path: string;
  readonly token: string;
  readonly body: string;
  readonly timestamp: string;
}

/** A call's X-SIGNATURE: HMAC-SHA-512 over `METHOD:path:token:lowerhex(SHA-256(body)):timestamp`, base64. */
export function callSignature(clientSecret: string, call: SignedCall): string {
  const bodyHash = createHash('sha256').update(call.body).digest('hex');
  const text = `${call.method}:${call.path}:${call.token}:${bodyHash}:${call.timestamp}`;
  return createHmac('sha512', clientSecret).update(text).digest('base64');
}

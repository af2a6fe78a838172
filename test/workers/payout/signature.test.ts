import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callSignature, readPrivateKey, snapTimestamp, tokenSignature } from '../../../workers/payout/signature.ts';

describe('callSignature', () => {
  // Computed with Python's hmac and hashlib.
  it.each([
    [
      'secret-1',
      '/v1.0/transfer-interbank',
      'tok-123',
      '{"partnerReferenceNo":"P00000000000000A","amount":{"value":"600000.00","currency":"IDR"}}',
      '2020-09-15T10:00:00+07:00',
      '88u6jODkiJ63VjQjcl2AjdnjviCwU1zJ/3BUEpql28kt4A03CZjhB1WkE0N2/rVjdtyIkimVIO9Rr7D32zc0og==',
    ],
    [
      's',
      '/v1.0/transfer/status',
      't',
      '{"beneficiaryAccountName":"SITI É \\"A B\\""}',
      '2020-12-31T23:59:59+07:00',
      '77jAkLmpDJ9ZH9rO3yy+lBhLoDnXFXGdUjZuvFde8/sweFG5y1x/ZSg1KRo+VNGc6dAFRFe+QzW2nC6OKtkpzQ==',
    ],
  ])('%s %s', (secret, path, token, body, timestamp, signature) => {
    expect(callSignature(secret, { method: 'POST', path, token, body, timestamp })).toBe(signature);
  });
});

it('signs the token call with SHA256withRSA over clientId|timestamp', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
  const signature = Buffer.from(tokenSignature(readPrivateKey(pem), 'client-1', '2020-09-15T10:00:00+07:00'), 'base64');
  const isOver = (text: string): boolean => verify('RSA-SHA256', Buffer.from(text), publicKey, signature);
  expect(isOver('client-1|2020-09-15T10:00:00+07:00')).toBe(true);
  expect(isOver('client-1|2020-09-15T10:00:01+07:00')).toBe(false);
});

it.each([
  ['2020-09-15T03:00:00.999Z', '2020-09-15T10:00:00+07:00'],
  ['2020-12-31T17:00:00Z', '2021-01-01T00:00:00+07:00'],
])('%s is %s', (at, timestamp) => {
  expect(snapTimestamp(new Date(at))).toBe(timestamp);
});

import { createHash, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startBank } from '../../sim/bank.ts';
import { placeOf, SnapClient } from './helpers.ts';

interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Who is told, on a socket of its own. */
async function listener(): Promise<{ url: string; told: Told[] }> {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    told.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

/** What is told about one transfer of a bank with these faults; `close` waits until all is told. */
async function toldBy(
  rules: object[],
  call = (client: SnapClient) => client.transfer('P1'),
): Promise<[Told[], string]> {
  const place = placeOf(
    {},
    rules.map((rule) => ({ counterpart: 'bank', share: 1, ...rule })),
  );
  const bank = await startBank(place);
  const { url, told } = await listener();
  await fetch(`${bank.url}/sim/callback`, { method: 'POST', body: url });
  await call(new SnapClient(bank));
  await bank.close();
  return [told, readFileSync(bank.public_key_file, 'utf8')];
}

const statuses = (told: readonly Told[]) => told.map(({ body }) => JSON.parse(body).latestTransactionStatus);

function isSigned({ path, headers, body }: Told, key: string): boolean {
  const digest = createHash('sha256')
    .update(JSON.stringify(JSON.parse(body)))
    .digest('hex');
  const text = `POST:${path}:${digest}:${headers['x-timestamp']}`;
  return verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(String(headers['x-signature']), 'base64'));
}

it('tells of each status, signed with its own key, at the time of the payment', async () => {
  const [told, key] = await toldBy([]);
  expect(statuses(told)).toEqual(['03', '00']);
  expect(told.map((one) => isSigned(one, key))).toEqual([true, true]);
  expect(told[0]).toMatchObject({
    path: '/v1.0/transfer/notify',
    headers: { 'x-timestamp': '2020-09-15T10:00:00+07:00', 'x-partner-id': 'PRAKERJA' },
  });
  expect(JSON.parse(told[1]?.body ?? '')).toMatchObject({
    originalPartnerReferenceNo: 'P1',
    originalReferenceNo: 'BNIS000000000001',
    amount: { value: '600000.00', currency: 'IDR' },
  });
  expect(told[0]?.headers['x-external-id']).not.toBe(told[1]?.headers['x-external-id']);
});

it.each<[string, object[], string[], boolean]>([
  ['twice', [{ fault: 'duplicate' }], ['03', '03', '00', '00'], true],
  ['the last one first', [{ fault: 'disorder' }], ['00', '03'], true],
  ['with a wrong signature', [{ fault: 'wrong_signature' }], ['03', '00'], false],
  ['later', [{ fault: 'delay_ms', value: 20, endpoint: 'callback' }], ['03', '00'], true],
  ['that it failed', [{ fault: 'settle_failed' }], ['03', '06'], true],
  ['that it came back', [{ fault: 'returned' }], ['03', '00', '04'], true],
  ['nothing of what was refused', [{ fault: 'http_500', endpoint: 'payment' }], [], true],
])('%s', async (_, rules, expected, signed) => {
  const [told, key] = await toldBy(rules);
  expect(statuses(told)).toEqual(expected);
  for (const one of told) expect(isSigned(one, key)).toBe(signed);
  if (expected.length === 4) expect(told[0]).toEqual(told[1]);
});

it('a bulk is told in one message, with how each order ended', async () => {
  const item = (partnerReferenceNo: string, value: string) => ({
    partnerReferenceNo,
    bankCode: '009',
    beneficiaryAccountNo: '11',
    amount: { value, currency: 'IDR' },
  });
  const bulkObject = [item('P1', '600000.00'), item('P2', '0.00')];
  const message = { partnerBulkId: 'B1', sourceAccountNo: '0000202020', bulkObject };
  const [told] = await toldBy([], (client) => client.call('/v1.0/transfer-interbank-bulk', message));
  expect(told.map(({ path }) => path)).toEqual(['/v1.0/transfer-interbank-bulk/notify']);
  expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({
    partnerBulkId: 'B1',
    bulkObject: [
      { partnerReferenceNo: 'P1', latestTransactionStatus: '00', responseCode: '2002000' },
      { partnerReferenceNo: 'P2', latestTransactionStatus: '06', responseCode: '4042013' },
    ],
  });
});

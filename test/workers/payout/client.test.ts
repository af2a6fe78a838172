import { verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../db/free-port.ts';
import { serviceOf, type TransferCall } from '../../../workers/payout/client.ts';
import { callSignature } from '../../../workers/payout/signature.ts';
import { type BankServer, json, NOW, privateKeyPem, startBank } from './bank-server.ts';

const order: TransferCall = {
  reference: 'P00000000000000A',
  amountIdr: 600_000n,
  bankCode: '009',
  accountNumber: '0123456789',
  holderName: 'SITI "É" AMINAH',
  orderedAt: new Date('2020-09-15T02:00:00Z'),
  externalId: '20200915000001',
};

let bank: BankServer;
beforeEach(async () => {
  bank = await startBank();
});
afterEach(() => bank.close());

describe('what is sent', () => {
  it('asks for a token as SNAP BI says', async () => {
    await bank.client().transfer(order);
    const { path, headers, body } = bank.tokens[0] ?? expect.fail('no token call');
    expect(path).toBe('/v1.0/access-token/b2b');
    expect(JSON.parse(body)).toEqual({ grantType: 'client_credentials' });
    expect(headers['x-client-key']).toBe('client-1');
    const signature = Buffer.from(String(headers['x-signature']), 'base64');
    const signed = Buffer.from(`client-1|${headers['x-timestamp']}`);
    expect(verify('RSA-SHA256', signed, bank.publicKey, signature)).toBe(true);
  });

  it('signs exactly the bytes of the body', async () => {
    await bank.client().transfer(order);
    const { path, headers, body } = bank.calls[0] ?? expect.fail('no call');
    expect(headers).toMatchObject({
      'x-timestamp': '2020-09-15T10:00:00+07:00',
      'x-partner-id': 'PRAKERJA',
      'x-external-id': '20200915000001',
      'channel-id': '95221',
      authorization: 'Bearer token-1',
      'content-type': 'application/json',
    });
    const signed = { method: 'POST', path, token: 'token-1', body, timestamp: String(headers['x-timestamp']) } as const;
    expect(headers['x-signature']).toBe(callSignature('secret-1', signed));
    expect(body).toBe(JSON.stringify(JSON.parse(body)));
  });

  it('signs the whole path that it posts to, the base included, in every service', async () => {
    const client = bank.client({ url: `${bank.url}/gateway/openapi/` });
    await client.transfer(order);
    const { bankCode: _, ...rest } = order as TransferCall & { bankCode: string };
    await client.transfer({ ...rest, provider: 'ovo' });
    for (const service of ['20', '40'] as const)
      await client.bulk({ service, bulkId: 'B', payments: [], orderedAt: order.orderedAt, externalId: '2' });
    await client.status({ reference: order.reference, service: '18', externalId: '3' });
    await client.inquire({ reference: 'I1', bankCode: '009', accountNumber: '1', externalId: '4' });
    await client.inquire({ reference: 'I2', provider: 'ovo', accountNumber: '1', externalId: '5' });
    expect(bank.calls).toHaveLength(7);
    for (const { path, headers, body } of bank.calls) {
      expect(path).toMatch(/^\/gateway\/openapi\/v1\.0\//);
      const timestamp = String(headers['x-timestamp']);
      const signed = { method: 'POST', path, token: 'token-1', body, timestamp } as const;
      expect(headers['x-signature']).toBe(callSignature('secret-1', signed));
    }
  });

  it('a transfer is service 18', async () => {
    await bank.client().transfer(order);
    expect(bank.calls[0]?.path).toBe('/v1.0/transfer-interbank');
    expect(JSON.parse(bank.calls[0]?.body ?? '')).toEqual({
      partnerReferenceNo: 'P00000000000000A',
      amount: { value: '600000.00', currency: 'IDR' },
      beneficiaryAccountName: 'SITI "É" AMINAH',
      beneficiaryAccountNo: '0123456789',
      beneficiaryBankCode: '009',
      sourceAccountNo: '0000000001',
      transactionDate: '2020-09-15T09:00:00+07:00',
      additionalInfo: {},
    });
    expect(serviceOf(order)).toBe('18');
  });

  it('a top-up is service 38', async () => {
    const { bankCode: _, ...rest } = order as TransferCall & { bankCode: string };
    const topup = { ...rest, provider: 'ovo', accountNumber: '081234567890' };
    await bank.client().transfer(topup);
    expect(bank.calls[0]?.path).toBe('/v1.0/emoney/topup');
    expect(JSON.parse(bank.calls[0]?.body ?? '')).toMatchObject({
      partnerReferenceNo: 'P00000000000000A',
      customerNumber: '081234567890',
      amount: { value: '600000.00', currency: 'IDR' },
      additionalInfo: { provider: 'ovo' },
    });
    expect(serviceOf(topup)).toBe('38');
  });

  it('asks for a status (36) and for an account (16)', async () => {
    const client = bank.client();
    await client.status({ reference: order.reference, service: '18', externalId: '2' });
    await client.inquire({ reference: 'I1', bankCode: '009', accountNumber: '0123456789', externalId: '3' });
    await client.inquire({ reference: 'I2', provider: 'ovo', accountNumber: '081234567890', externalId: '4' });
    expect(bank.calls.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ['/v1.0/transfer/status', { originalPartnerReferenceNo: order.reference, serviceCode: '18' }],
      [
        '/v1.0/account-inquiry-external',
        { partnerReferenceNo: 'I1', beneficiaryBankCode: '009', beneficiaryAccountNo: '0123456789' },
      ],
      [
        '/v1.0/emoney/account-inquiry',
        {
          partnerReferenceNo: 'I2',
          customerNumber: '081234567890',
          amount: { value: '1.00', currency: 'IDR' },
          additionalInfo: { provider: 'ovo' },
        },
      ],
    ]);
  });

  it.each(['', 'A1', '12 3', '1'.repeat(37)])('refuses the external id %j', async (externalId) => {
    await expect(bank.client().transfer({ ...order, externalId })).rejects.toThrow(RangeError);
    expect(bank.calls).toEqual([]);
  });
});

describe('what comes back', () => {
  it('an answer', async () => {
    expect(await bank.client().transfer(order)).toEqual({
      kind: 'answer',
      httpStatus: 200,
      responseCode: '2001800',
      body: { responseCode: '2001800', referenceNo: 'B1' },
    });
  });

  it.each([
    ['HTML', 200, '<html>'],
    ['nothing', 200, ''],
    ['half a message', 200, '{"responseCode":"20018'],
    ['an array', 200, '["2001800"]'],
    ['a 500 without a message', 500, 'Error'],
    ['a message of a megabyte', 200, JSON.stringify({ responseCode: '2001800', x: 'x'.repeat(1 << 20) })],
  ])('%s is an answer without a code', async (_, httpStatus, text) => {
    bank.onCall = (__, response) => response.writeHead(httpStatus).end(text);
    expect(await bank.client().transfer(order)).toEqual({ kind: 'answer', httpStatus, responseCode: null, body: null });
  });

  it('a redirect is an answer, not followed', async () => {
    bank.onCall = (_, response) => response.writeHead(307, { Location: '/v1.0/elsewhere' }).end();
    expect(await bank.client().transfer(order)).toMatchObject({ kind: 'answer', httpStatus: 307, responseCode: null });
    expect(bank.calls).toHaveLength(1);
  });

  it('silence is a timeout', async () => {
    bank.onCall = () => undefined;
    const client = bank.client({ timeout_ms: 100 });
    expect(await client.transfer(order)).toEqual({ kind: 'timeout' });
    expect(bank.calls).toHaveLength(1);
  });

  it('silence in the middle of the answer is a timeout', async () => {
    bank.onCall = (_, response) => response.writeHead(200, { 'Content-Length': '100' }).write('{"responseCode":');
    expect(await bank.client({ timeout_ms: 200 }).transfer(order)).toEqual({ kind: 'timeout' });
  });

  it('a connection broken before the answer is cut', async () => {
    bank.onCall = (_, response) => response.destroy();
    expect(await bank.client().transfer(order)).toEqual({ kind: 'cut' });
    expect(bank.calls).toHaveLength(1);
  });

  it('a connection broken in the middle of the answer is cut', async () => {
    bank.onCall = (_, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{"responseCode":"2001800"}', () => response.destroy());
    };
    expect(await bank.client().transfer(order)).toEqual({ kind: 'cut' });
  });

  it('a refused connection is not sent', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await bank.client({ url }).transfer(order)).toMatchObject({ kind: 'not_sent' });
    expect(await bank.client({ url: url.replace('127.0.0.1', 'localhost') }).transfer(order)).toMatchObject({
      kind: 'not_sent',
    });
  });

  it('a connection refused when the token is there already is not sent', async () => {
    const client = bank.client();
    for (const which of ['onToken', 'onCall'] as const) {
      const respond = bank[which];
      bank[which] = (call, response) => {
        response.setHeader('Connection', 'close');
        respond(call, response);
      };
    }
    await client.transfer(order);
    await bank.stop();
    expect(await client.transfer(order)).toMatchObject({ kind: 'not_sent', why: 'ECONNREFUSED' });
  });

  it('a call on a closed client is not sent', async () => {
    const client = bank.client();
    await client.transfer(order);
    await client.close();
    expect(await client.transfer(order)).toMatchObject({ kind: 'not_sent', why: 'the client is closed' });
  });
});

describe('the token', () => {
  it('is fetched once for 50 calls at a time, and once more when it ends', async () => {
    let now = NOW;
    const client = bank.client({ now: () => now });
    const fifty = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 50 }, (_, i) => client.transfer({ ...order, externalId: String(i + 1) })));
    await fifty();
    expect(bank.tokens).toHaveLength(1);
    expect(bank.calls).toHaveLength(50);
    now = new Date(NOW.getTime() + 839_000);
    await fifty();
    expect(bank.tokens).toHaveLength(1);
    now = new Date(NOW.getTime() + 841_000);
    await fifty();
    expect(bank.tokens).toHaveLength(2);
    expect(bank.calls.at(-1)?.headers.authorization).toBe('Bearer token-2');
  });

  it('is dropped after a 401, once for many of them', async () => {
    const client = bank.client();
    bank.onCall = ({ headers }, response) =>
      headers.authorization === 'Bearer token-1'
        ? json(response, 401, { responseCode: '4011801' })
        : json(response, 200, { responseCode: '2001800' });
    const first = await Promise.all([1, 2, 3].map((id) => client.transfer({ ...order, externalId: String(id) })));
    expect(first.map((reply) => reply.kind === 'answer' && reply.responseCode)).toEqual(Array(3).fill('4011801'));
    expect(await client.transfer(order)).toMatchObject({ responseCode: '2001800' });
    expect(bank.tokens).toHaveLength(2);
  });

  it.each<[string, BankServer['onToken']]>([
    ['refused', (_, response) => json(response, 401, { responseCode: '4017300' })],
    ['missing', (_, response) => json(response, 200, { responseCode: '2007300' })],
    ['unfit for a header', (_, response) => json(response, 200, { accessToken: 'a\r\nb', expiresIn: '900' })],
    ['HTML', (_, response) => response.end('<html>')],
    ['cut', (_, response) => response.destroy()],
  ])('%s: not sent, and asked for again at the next call', async (_, onToken) => {
    const good = bank.onToken;
    bank.onToken = onToken;
    const client = bank.client();
    expect(await client.transfer(order)).toMatchObject({ kind: 'not_sent' });
    expect(bank.calls).toEqual([]);
    bank.onToken = good;
    expect(await client.transfer(order)).toMatchObject({ kind: 'answer' });
  });

  it('that does not come in time is not sent', async () => {
    bank.onToken = () => undefined;
    expect(await bank.client({ timeout_ms: 100 }).transfer(order)).toMatchObject({ kind: 'not_sent' });
  });
});

it('closes twice', async () => {
  const client = bank.client();
  await client.transfer(order);
  await client.close();
  await client.close();
});

it('refuses a private key that is none', () => {
  expect(() => bank.client({ privateKeyPem: privateKeyPem.slice(0, 100) })).toThrow();
});

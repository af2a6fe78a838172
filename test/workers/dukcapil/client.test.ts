import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient } from '../../../workers/dukcapil/client.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(handle: RequestListener): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connect(url: string, timeoutMs = 5_000): RegistryClient {
  const client = createRegistryClient({
    url,
    customer: 'PRA KERJA',
    userId: 'u',
    password: 'rahasia',
    ipUser: '10.0.0.1',
    timeoutMs,
    connections: 1,
  });
  cleanups.push(() => client.close());
  return client;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

const question = { nik: '9171014512900001', kk_number: '9171010101100001', birth_date: '1990-12-05' };
const good = JSON.stringify({ content: [{ NIK: 'Sesuai', NO_KK: 'Sesuai', TGL_LHR: 'Sesuai' }], quotaLimiter: 7 });

describe('the registry client against a real server', () => {
  it('asks by POST at the documented path, over one connection, and reads the answer', async () => {
    const seen: { url: string | undefined; method: string | undefined; body: string; port: number | undefined }[] = [];
    const url = await serve(async (request, response) => {
      seen.push({
        url: request.url,
        method: request.method,
        body: await bodyOf(request),
        port: request.socket.remotePort,
      });
      response.end(good);
    });
    const client = connect(`${url}/`);
    const expected = {
      answer: { kind: 'record', status: 'active', kk_number: true, birth_date: true, name_score: null },
      quotaLeft: 7,
    };
    expect(await client.verify(question)).toMatchObject(expected);
    expect(await client.verify(question)).toMatchObject(expected);
    expect(seen[0]).toMatchObject({ url: '/dukcapil/get_json/PRA%20KERJA/CALL_VERIFY_BY_ELEMEN', method: 'POST' });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      NIK: question.nik,
      TGL_LHR: '05-12-1990',
      PASSWORD: 'rahasia',
    });
    expect(seen[1]?.port).toBe(seen[0]?.port);
  });

  it.each<[string, RequestListener, object]>([
    [
      '500',
      (_, r) => r.writeHead(500).end('oops'),
      { answer: { kind: 'unavailable', why: 'HTTP 500' }, atOnce: true, refused: false },
    ],
    [
      'a good body with 500',
      (_, r) => r.writeHead(500).end(good),
      { answer: { kind: 'unavailable', why: 'HTTP 500' } },
    ],
    [
      '429',
      (_, r) => r.writeHead(429, { 'retry-after': '17' }).end(),
      { answer: { kind: 'unavailable', why: 'HTTP 429' }, retryAfterSeconds: 17, refused: true, atOnce: true },
    ],
    [
      '429 with a date',
      (_, r) => r.writeHead(429, { 'retry-after': 'soon' }).end(),
      { answer: { kind: 'unavailable', why: 'HTTP 429' } },
    ],
    ['503', (_, r) => r.writeHead(503, { 'retry-after': '999999999' }).end(), { retryAfterSeconds: 86_400 }],
    [
      'a redirect',
      (_, r) => r.writeHead(302, { location: '/elsewhere' }).end(),
      { answer: { kind: 'unavailable', why: 'HTTP 302' } },
    ],
    ['an HTML page with 200', (_, r) => r.end('<html>'), { answer: { kind: 'not_understood' } }],
    [
      'an answer that never ends',
      (_, r) => r.end('x'.repeat(1 << 20)),
      { answer: { kind: 'unavailable', why: 'answer too long' } },
    ],
    [
      'a connection that is cut',
      (_, r) => r.destroy(),
      { answer: { kind: 'unavailable' }, atOnce: true, unsent: false },
    ],
    [
      'an answer that is cut',
      (_, r) => r.writeHead(200, { 'content-length': '999' }).write('{"content":', () => r.destroy()),
      { answer: { kind: 'unavailable' } },
    ],
  ])('%s', async (_, handle, expected) => {
    const reply = await connect(await serve(handle)).verify(question);
    expect(reply).toMatchObject(expected);
    expect(JSON.stringify(reply)).not.toMatch(/9171|rahasia/);
  });

  it('gives up on silence, and on a body that trickles, within the limit', async () => {
    const silent = await serve(() => undefined);
    expect(await connect(silent, 100).verify(question)).toMatchObject({ answer: { kind: 'timeout' } });
    const trickling = await serve((_, response) => response.writeHead(200).write('{"content":['));
    expect(await connect(trickling, 100).verify(question)).toMatchObject({ answer: { kind: 'timeout' } });
  });

  it('nobody there is an outage; closing twice is safe, and a closed client answers too', async () => {
    const client = connect('http://127.0.0.1:1');
    expect(await client.verify(question)).toMatchObject({ answer: { kind: 'unavailable' }, unsent: true });
    await client.close();
    await client.close();
    expect(await client.verify(question)).toMatchObject({ answer: { kind: 'unavailable' } });
  });

  it('a wrong URL is an answer, not an exception', async () => {
    expect(await connect('not a url').verify(question)).toMatchObject({ answer: { kind: 'unavailable' } });
  });
});

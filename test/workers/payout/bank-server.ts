import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BankClient, type BankClientOptions, createBankClient } from '../../../workers/payout/client.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Respond = (call: Received, response: ServerResponse) => void;

/** A bank on a real socket that does what the test says and writes down what it received. */
export interface BankServer {
  readonly url: string;
  readonly publicKey: KeyObject;
  readonly tokens: Received[];
  readonly calls: Received[];
  onToken: Respond;
  onCall: Respond;
  client(options?: Partial<BankClientOptions>): BankClient;
  /** Stops listening and breaks every connection. */
  stop(): Promise<void>;
  /** The same, and closes the clients. */
  close(): Promise<void>;
}

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
export const NOW = new Date('2020-09-15T03:00:00Z');

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

export async function startBank(): Promise<BankServer> {
  const clients: BankClient[] = [];
  const server = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const call = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8') };
    const isToken = call.path.endsWith('/access-token/b2b');
    (isToken ? bank.tokens : bank.calls).push(call);
    (isToken ? bank.onToken : bank.onCall)(call, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bank: BankServer = {
    url,
    publicKey,
    tokens: [],
    calls: [],
    onToken: (_, response) =>
      json(response, 200, { responseCode: '2007300', accessToken: `token-${bank.tokens.length}`, expiresIn: '900' }),
    onCall: (_, response) => json(response, 200, { responseCode: '2001800', referenceNo: 'B1' }),
    client(options = {}) {
      const client = createBankClient({ ...defaults(url), ...options });
      clients.push(client);
      return client;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async close() {
      await bank.stop();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
  return bank;
}

function defaults(url: string): BankClientOptions {
  return {
    url,
    clientId: 'client-1',
    clientSecret: 'secret-1',
    privateKeyPem,
    partnerId: 'PRAKERJA',
    channelId: '95221',
    sourceAccount: '0000000001',
    now: () => NOW,
  };
}

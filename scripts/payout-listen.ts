import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuse } from '../jobs/errors.ts';
import type { Office } from '../workers/runtime/office.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { readBankKey } from './bank-signature.ts';
import { done, type Report, withOffice } from './command.ts';
import { type CallbackCounts, createCallbackDesk } from './payout-callback.ts';

const HOST = '127.0.0.1';
const BODY_BYTES_MAX = 1 << 20;
/** A message is a few kilobytes: whoever takes longer to send it holds a connection for nothing. */
const REQUEST_MS_MAX = 30_000;

/** `payout listen [--port 8090]`: takes what the bank tells by itself until SIGTERM; a proxy with a certificate stands in front. */
export function listen(options: { port: string }): Promise<Report> {
  if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65_535) throw refuse('--port must be from 0 to 65535');
  return withOffice(async (office) => {
    const stop = stopOnSignals();
    const { url, counts, close } = await startListener(office, Number(options.port));
    process.stderr.write(`Notifications of the bank are taken at ${url}; SIGTERM or Ctrl-C stops it.\n`);
    if (!stop.aborted) await new Promise<void>((end) => stop.addEventListener('abort', () => end(), { once: true }));
    await close();
    const { kept, again, refused } = counts;
    return done(
      counts,
      `Stopped. ${kept} notifications were kept, ${again} had come before, ${refused} were not from the bank.`,
    );
  });
}

export interface Listener {
  readonly url: string;
  readonly counts: Readonly<CallbackCounts>;
  /** Ends once what was begun is answered. Safe twice. */
  close(): Promise<void>;
}

/** @throws exit 2 when the bank or its key is not configured, or the port cannot be listened on */
export async function startListener(office: Office, port: number): Promise<Listener> {
  const key = readBankKey(office.config.bankPublicKeyFile);
  if (!office.config.bank) throw refuse('BANK_URL is not set: whose notifications are to be taken?');
  const desk = createCallbackDesk(office, key);
  const server = createServer({ requestTimeout: REQUEST_MS_MAX }, async (request, response) => {
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return; // Broken off: nobody is there to be answered.
    const header = (name: string) => String(request.headers[name] ?? '');
    const path = request.method === 'POST' ? (request.url ?? '') : '';
    const { status, body: said } = await desk.take({ path, header, body });
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(said));
  });
  await listening(server, port);
  let closed: Promise<void> | undefined;
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    counts: desk.counts,
    close: () => {
      closed ??= new Promise((end) => {
        server.close(() => end());
        server.closeIdleConnections();
      });
      return closed;
    },
  };
}

/** The whole body; null when it is too long, though it is read to its end so that the sender hears the answer. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size <= BODY_BYTES_MAX) parts.push(part);
  }
  return size > BODY_BYTES_MAX ? null : Buffer.concat(parts).toString('utf8');
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(refuse(`notifications cannot be taken on port ${port}: ${error.code ?? error.message}`)),
    );
    server.listen(port, HOST, resolve);
  });
}

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { refuse } from '../jobs/errors.ts';
import { createAccess } from './access.ts';
import { createApp } from './app.ts';
import type { ConsoleOffice } from './snapshot.ts';

export interface ConsoleOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default 127.0.0.1; others need CONSOLE_PASSWORD or CONSOLE_IDENTITY_HEADER. */
  readonly host?: string | undefined;
}

export interface RunningConsole {
  /** What to open. Without a password or a proxy it carries a token and works once. */
  readonly url: string;
  /** Safe to call twice. Requests under way are cut off: they only read. */
  close(): Promise<void>;
}

const LOCAL = '127.0.0.1';

/**
 * Serves the read-only page of an office until closed.
 *
 * ```ts
 * const { url, close } = await startConsole(office, { port: 8080 });
 * ```
 * @throws exit 2 when the address cannot be listened on, or would be open to everybody
 */
export async function startConsole(
  office: ConsoleOffice,
  { port, host = LOCAL }: ConsoleOptions,
): Promise<RunningConsole> {
  const access = createAccess(office.config, host);
  const app = createApp(office, access);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, port, host);
  const { port: bound } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = () =>
    new Promise<void>((end) => {
      server.close(() => end());
      server.closeAllConnections();
    });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}${access.entrance}`,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(refuse(`the console cannot listen on ${host} port ${port}: ${error.code ?? error.message}`));
    });
    server.listen(port, host, resolve);
  });
}

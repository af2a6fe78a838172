import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AtEnd } from './database.ts';

/** What the desk says to one call; `call` counts from 1, `nik` is who is asked about. */
export type Clerk = (response: ServerResponse, call: number, nik: string) => void;

/** A registry of a test's own, which answers as its clerk likes. */
export interface RegistryDesk {
  readonly environment: Readonly<Record<string, string>>;
  readonly url: string;
  /** Every call: when it arrived, in ms, and about whom. */
  readonly calls: { readonly at_ms: number; readonly nik: string }[];
  clerk: Clerk;
}

/** Everything agrees. */
export const agrees: Clerk = (response) => say(response, { NIK: 'Sesuai', NO_KK: 'Sesuai', TGL_LHR: 'Sesuai' });

export function say(response: ServerResponse, fields: object, quotaLimiter?: number): void {
  response.end(JSON.stringify({ content: [fields], ...(quotaLimiter !== undefined && { quotaLimiter }) }));
}

export async function registryDesk(clerk: Clerk, atEnd: AtEnd): Promise<RegistryDesk> {
  const server = createServer(async (request, response) => {
    const at_ms = performance.now();
    const { NIK: nik } = JSON.parse(await bodyOf(request)) as { NIK: string };
    desk.calls.push({ at_ms, nik });
    desk.clerk(response, desk.calls.length, nik);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise<void>((ended) => server.close(() => ended()));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const desk: RegistryDesk = {
    url,
    environment: {
      DUKCAPIL_URL: url,
      DUKCAPIL_CUSTOMER: 'PRAKERJA',
      DUKCAPIL_USER_ID: 'u',
      DUKCAPIL_PASSWORD: 'p',
      DUKCAPIL_IP_USER: '10.0.0.1',
    },
    calls: [],
    clerk,
  };
  return desk;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

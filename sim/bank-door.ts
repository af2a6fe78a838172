import type { KeyObject } from 'node:crypto';
import { type Reply, reply } from './bank-reply.ts';
import { callSignature, isTokenSignature, sameSignature, type Tokens } from './bank-signature.ts';
import type { Exchange } from './http.ts';
import { wibTime } from './time.ts';

export type Client = {
  readonly client_id: string;
  readonly client_secret: string;
  readonly partner_id: string;
  readonly channel_id: string;
};
export type Admitted = { readonly at: string; readonly external_id: string; readonly body: Record<string, unknown> };

/** Answers POST /v1.0/access-token/b2b (SNAP service 73). */
export function grantToken(exchange: Exchange, client: Client, key: KeyObject, tokens: Tokens, seconds: number): Reply {
  const header = headersOf(exchange);
  const timestamp = header('x-timestamp');
  if (wibTime(timestamp) === undefined) return reply('73', '400', '01', {}, 'X-TIMESTAMP');
  if (header('x-client-key') !== client.client_id) return reply('73', '401', '00', {}, 'Unknown client');
  if (!isTokenSignature(key, client.client_id, timestamp, header('x-signature'))) {
    return reply('73', '401', '00', {}, 'Signature');
  }
  if (parse(exchange.body)?.grantType !== 'client_credentials') return reply('73', '400', '01', {}, 'grantType');
  return reply('73', '200', '00', { accessToken: tokens.issue(), tokenType: 'Bearer', expiresIn: String(seconds) });
}

/**
 * Checks a transactional call's headers in SNAP's order: timestamp, token, signature, partner, channel, external id.
 * The body is read last, so that nobody without a signature learns what the bank thinks of a body.
 */
export function admit(
  exchange: Exchange,
  service: string,
  client: Client,
  tokens: Tokens,
  isUsed: (date: string, externalId: string) => boolean,
): Admitted | Reply {
  const header = headersOf(exchange);
  const timestamp = header('x-timestamp');
  const external_id = header('x-external-id');
  const at = wibTime(timestamp);
  if (at === undefined) return reply(service, '400', '01', {}, 'X-TIMESTAMP');
  const token = /^Bearer (\S+)$/i.exec(header('authorization'))?.[1] ?? '';
  if (!tokens.holds(token)) return reply(service, '401', '01');
  const { method = '', url: path = '' } = exchange.request;
  const expected = callSignature(client.client_secret, { method, path, token, body: exchange.body, timestamp });
  if (!sameSignature(expected, header('x-signature'))) return reply(service, '401', '00', {}, 'Signature');
  if (header('x-partner-id') !== client.partner_id) return reply(service, '401', '00', {}, 'X-PARTNER-ID');
  if (header('channel-id') !== client.channel_id) return reply(service, '401', '00', {}, 'CHANNEL-ID');
  if (!/^\d{1,36}$/.test(external_id)) return reply(service, '400', '01', {}, 'X-EXTERNAL-ID');
  if (isUsed(at.slice(0, 10), external_id)) return reply(service, '409', '00');
  const body = parse(exchange.body);
  return body === undefined ? reply(service, '400', '00') : { at, external_id, body };
}

function headersOf({ request }: Exchange): (name: string) => string {
  return (name) => String(request.headers[name] ?? '');
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

import { type Agent, request } from 'undici';
import type { SnapBody } from './reply.ts';

/** A bank's answer is a few hundred bytes; whoever sends more is not the bank. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** One HTTP call's end: whole answer, time limit, broken connection, or certainly not sent. */
export type HttpReply =
  | { readonly kind: 'answer'; readonly httpStatus: number; readonly body: SnapBody | null }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'not_sent'; readonly why: string };

/** Posts exactly `body`. Never throws for what the other side or the network does; never tries again by itself. */
export async function post(
  agent: Agent,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeout_ms: number,
): Promise<HttpReply> {
  try {
    const signal = AbortSignal.timeout(timeout_ms);
    const answer = await request(url, { dispatcher: agent, method: 'POST', headers, body, signal });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > ANSWER_BYTES_MAX) return { kind: 'answer', httpStatus: answer.statusCode, body: null };
      parts.push(part);
    }
    return { kind: 'answer', httpStatus: answer.statusCode, body: parseObject(Buffer.concat(parts).toString('utf8')) };
  } catch (error) {
    return failure(error);
  }
}

function parseObject(text: string): SnapBody | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SnapBody) : null;
  } catch {
    return null;
  }
}

const TIMEOUT_CODES: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Everything is `cut` (the bank may have it) unless it is certain that no byte of the call left. */
function failure(error: unknown): HttpReply {
  const { name, code, errors } = error as { name?: string; code?: string; errors?: readonly unknown[] };
  if (name === 'TimeoutError' || (code !== undefined && TIMEOUT_CODES.has(code))) return { kind: 'timeout' };
  // Closed: this client was stopped before it began. (Destroyed, its sibling, may strike a call in flight.)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || isConnectError(error)) {
    return { kind: 'not_sent', why: code ?? 'no connection' };
  }
  // Several addresses (localhost: ::1 and 127.0.0.1), each of them refused.
  if (errors !== undefined && errors.length > 0 && errors.every(isConnectError)) {
    return { kind: 'not_sent', why: code ?? 'no connection' };
  }
  return { kind: 'cut' };
}

function isConnectError(error: unknown): boolean {
  const { syscall } = error as { syscall?: string };
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Fault } from './faults.ts';

const BODY_BYTES_MAX = 1 << 20;
const HTML = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

export type Answer = { readonly status: number; readonly body: string | Iterable<string>; readonly type?: string };
export type Exchange = {
  readonly request: IncomingMessage;
  readonly body: string;
  /** Sends the answer, or what `fault` makes of it, after `wait_ms`. */
  answer(answer: Answer, fault?: Fault, wait_ms?: number): void;
  /** Runs `work` after `wait_ms`, unless the server was closed meanwhile. */
  later(wait_ms: number, work: () => void): void;
};
export type HttpSim = { readonly url: string; close(): Promise<void> };

/** Starts a plain HTTP/1.1 server on 127.0.0.1 (port 0: a free one) that reads a whole body before it calls `handle`. */
export async function startHttp(handle: (exchange: Exchange) => void, port = 0): Promise<HttpSim> {
  const timers = new Set<NodeJS.Timeout>();
  const later = (wait_ms: number, work: () => void): void => {
    if (wait_ms <= 0) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, wait_ms);
    timers.add(timer);
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= BODY_BYTES_MAX) parts.push(part);
      else request.destroy();
    });
    request.on('end', () => {
      const body = parts.length === 1 ? String(parts[0]) : Buffer.concat(parts).toString();
      const answer: Exchange['answer'] = (reply, fault, wait_ms = 0) =>
        later(wait_ms, () => send(response, reply, fault));
      handle({ request, body, answer, later });
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** True for faults that spoil the answer of a call that has already taken effect. */
export function isAfterProcessing(fault: Fault | undefined): boolean {
  return fault?.kind === 'truncated' || fault?.kind === 'answer_lost';
}

function send(response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
  const sent = fault === undefined ? answer : spoil(answer, fault);
  // Silence: the connection stays open, as a lost packet leaves it.
  if (sent === 'silence') return;
  if (sent === 'drop') {
    response.destroy();
    return;
  }
  const headers: Record<string, string | number> = { 'Content-Type': sent.type ?? 'application/json' };
  if (sent.status === 429) headers['Retry-After'] = fault?.value || '1';
  if (typeof sent.body === 'string') {
    response.writeHead(sent.status, { ...headers, 'Content-Length': Buffer.byteLength(sent.body) });
    response.end(sent.body);
    return;
  }
  response.writeHead(sent.status, headers);
  Readable.from(sent.body).pipe(response);
}

function spoil(answer: Answer, fault: Fault): Answer | 'silence' | 'drop' {
  switch (fault.kind) {
    case 'timeout':
      return 'silence';
    case 'disconnect':
      return 'drop';
    case 'answer_lost':
      if (fault.value === 'hang') return 'silence';
      return /^http_\d{3}$/.test(fault.value) ? httpError(fault.value) : 'drop';
    case 'http_429':
    case 'http_500':
    case 'http_502':
    case 'http_503':
    case 'http_504':
      return httpError(fault.kind);
    case 'html':
      return { status: Number(fault.value) || 200, body: HTML, type: 'text/html' };
    case 'empty':
      return { status: 200, body: fault.value === 'content' ? '{"content":[]}' : '' };
    case 'truncated': {
      const whole = typeof answer.body === 'string' ? answer.body : [...answer.body].join('');
      return { ...answer, body: whole.slice(0, whole.length >> 1) };
    }
    default:
      return answer;
  }
}

function httpError(kind: string): Answer {
  return { status: Number(kind.slice(5)), body: 'Error', type: 'text/plain' };
}

import { type ConnectionOptions, checkServerIdentity as checkIdentity, type PeerCertificate } from 'node:tls';
import { Agent, request } from 'undici';
import type { RegistryAnswer, RegistryQuestion } from './answer.ts';
import { type Credentials, readAnswer, requestBody } from './wire.ts';

/** As many as a process may have calls under way: a call that waits for a connection misses its moment. */
const CONNECTIONS = 128;
const TIMEOUT_MS = 10_000;
/** An answer has about 500 bytes. */
const BODY_BYTES_MAX = 65_536;
const KEEP_ALIVE_MS = 30_000;
const RETRY_AFTER_SECONDS_MAX = 86_400;

export interface RegistryClientOptions extends Credentials {
  /** `DUKCAPIL_URL`, without the path. */
  readonly url: string;
  readonly customer: string;
  /** For the whole call, the answer's last byte included. */
  readonly timeoutMs?: number;
  readonly connections?: number;
  /** PEM: who must have signed the registry's certificate, where no public authority has. */
  readonly authority?: string | undefined;
  /** SHA-256 of the registry's own certificate in hexadecimal: no other is accepted, whoever signed it. */
  readonly pin?: string | undefined;
}

export interface RegistryReply {
  readonly answer: RegistryAnswer;
  readonly quotaLeft?: number;
  /** 429: we come too often. */
  readonly refused: boolean;
  /** How long the registry asked us to stay away. */
  readonly retryAfterSeconds?: number;
  /** It never got there: nobody listens. */
  readonly unsent: boolean;
  /** It failed without the time limit having passed: another try may succeed. */
  readonly atOnce: boolean;
}

export interface RegistryClient {
  /** One call, tried once. Never throws. */
  verify(question: RegistryQuestion): Promise<RegistryReply>;
  close(): Promise<void>;
}

/** Dukcapil's CALL_VERIFY_BY_ELEMEN over connections that are kept; redirects are not followed. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const base = options.url.replace(/\/+$/, '');
  const url = `${base}/dukcapil/get_json/${encodeURIComponent(options.customer)}/CALL_VERIFY_BY_ELEMEN`;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const dispatcher = new Agent({
    connections: options.connections ?? CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: timeoutMs, ...trustOf(options) },
  });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  let closing: Promise<void> | undefined;
  return {
    async verify(question) {
      try {
        const response = await request(url, {
          method: 'POST',
          headers,
          body: requestBody(question, options),
          dispatcher,
          signal: AbortSignal.timeout(timeoutMs),
        });
        const body = await limitedText(response.body);
        if (response.statusCode !== 200) return refusal(response.statusCode, response.headers['retry-after']);
        if (body === null) return { ...WHOLE, answer: { kind: 'unavailable', why: 'answer too long' } };
        return { ...WHOLE, ...readAnswer(body, question) };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => {
      closing ??= dispatcher.close();
      return closing;
    },
  };
}

/** What TLS accepts. @throws never: a wrong certificate is a connection that fails */
function trustOf({ authority, pin }: RegistryClientOptions): Pick<ConnectionOptions, 'ca' | 'checkServerIdentity'> {
  const digits = (text: string) => text.replaceAll(':', '').toLowerCase();
  const checkServerIdentity = (host: string, certificate: PeerCertificate) => {
    if (pin !== undefined && digits(certificate.fingerprint256) !== digits(pin))
      return Object.assign(new Error('another certificate than the pinned one'), { code: 'ERR_CERTIFICATE_PIN' });
    return checkIdentity(host, certificate);
  };
  return { checkServerIdentity, ...(authority !== undefined && { ca: authority }) };
}

/** The body as text; null when it is longer than any answer. */
async function limitedText(body: AsyncIterable<Uint8Array>): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return null;
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

/** A call that brought an answer, whatever it says. */
const WHOLE = { refused: false, unsent: false, atOnce: false };
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

function refusal(status: number, retryAfter: string | string[] | undefined): RegistryReply {
  const seconds = Number(typeof retryAfter === 'string' && /^\d{1,9}$/.test(retryAfter) ? retryAfter : Number.NaN);
  const refused = status === TOO_MANY_REQUESTS;
  return {
    ...WHOLE,
    answer: { kind: 'unavailable', why: `HTTP ${status}` },
    refused,
    atOnce: refused || status >= SERVER_ERROR,
    ...(!Number.isNaN(seconds) && { retryAfterSeconds: Math.min(seconds, RETRY_AFTER_SECONDS_MAX) }),
  };
}

/** What undici says when no connection came about. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The error's code, never its message: messages can quote what was sent. */
function outcomeOf(error: unknown): RegistryReply {
  const { name, code } = error as { readonly name?: string; readonly code?: unknown };
  const late = name === 'TimeoutError' || (typeof code === 'string' && /TIMEDOUT|_TIMEOUT$/.test(code));
  if (late) return { ...WHOLE, answer: { kind: 'timeout' } };
  const why = typeof code === 'string' ? code : 'connection failed';
  return { ...WHOLE, answer: { kind: 'unavailable', why }, unsent: UNSENT.has(why), atOnce: true };
}

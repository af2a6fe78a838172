import { join } from 'node:path';
import { type Credentials, type ErrorStyle, verify } from './dukcapil-answer.ts';
import type { Fault } from './faults.ts';
import { type Answer, type Exchange, isAfterProcessing, startHttp } from './http.ts';
import { newRateLimit } from './limits.ts';
import { openLog } from './log.ts';
import type { Place } from './place.ts';
import { loadRegistry } from './registry.ts';
import { type ClockUs, wallClockUs, wibDate } from './time.ts';

const PATH = /^\/dukcapil\/get_json\/([^/?]+)\/CALL_VERIFY_BY_ELEMEN\/?$/;
const UNLIMITED = 999_999_999;

/** All optional; `daily_quota` and `rate_per_second` unset mean unlimited, `latency_ms` 0. */
export type DukcapilOptions = {
  readonly credentials?: Credentials;
  readonly daily_quota?: number;
  readonly rate_per_second?: number;
  readonly latency_ms?: number;
  readonly error_style?: ErrorStyle;
  readonly port?: number;
  readonly clock_us?: ClockUs;
};
export type DukcapilSim = { readonly url: string; readonly credentials: Credentials; close(): Promise<void> };
type Reply = { answer: Answer; fault?: Fault | undefined; wait_ms?: number };

const CREDENTIALS: Credentials = {
  customer: 'PRAKERJA-SIM',
  user_id: 'prakerja-sim',
  password: 'sim-password',
  ip_user: '127.0.0.1',
};

/**
 * The civil registry's verification service on a loopback port. It answers from DATA/civil-registry.csv and appends
 * `{at_us, nik_last4, answer}` to LOG/dukcapil.ndjson, one line a call in the order of arrival. `answer` is `match`,
 * `mismatch:FIELD+FIELD`, a code (`13`), a refusal's text, `http_429` or `fault:<kind>`.
 */
export async function startDukcapil(place: Place, options: DukcapilOptions = {}): Promise<DukcapilSim> {
  const clock = options.clock_us ?? wallClockUs;
  const credentials = options.credentials ?? CREDENTIALS;
  const registry = await loadRegistry(place.data);
  const log = openLog(join(place.log, 'dukcapil.ndjson'));
  const picker = place.faults.for('dukcapil');
  const quota = newQuota(options.daily_quota ?? UNLIMITED);
  const admits = newRateLimit(options.rate_per_second);

  const decide = ({ request, body }: Exchange): Reply => {
    const customer = request.method === 'POST' ? PATH.exec(request.url ?? '')?.[1] : undefined;
    if (customer === undefined) return { answer: { status: 404, body: '{"error":"Not Found"}' } };
    const at_us = clock();
    const write = (text: string): void => log.write({ at_us, nik_last4: last4(body), answer: text });
    if (!admits(at_us)) {
      write('http_429');
      return { answer: { status: 429, body: 'Too Many Requests' } };
    }
    const { delay_ms, fault } = picker.next('verify');
    const wait_ms = delay_ms + (options.latency_ms ?? 0);
    if (fault !== undefined && !isAfterProcessing(fault)) {
      write(`fault:${fault.kind}`);
      return { answer: envelope({ RESPON: fault.value }, quota.left(at_us)), fault, wait_ms };
    }
    const style = options.error_style ?? 'mixed';
    const verified = verify(customer, body, registry, credentials, style, quota.left(at_us));
    if (verified.charged) quota.charge();
    write(fault === undefined ? verified.log : `fault:${fault.kind}`);
    return { answer: envelope(verified.content, quota.left(at_us)), fault, wait_ms };
  };
  const handle = (exchange: Exchange): void => {
    const { answer, fault, wait_ms } = decide(exchange);
    exchange.answer(answer, fault, wait_ms);
  };

  const server = await startHttp(handle, options.port);
  return {
    url: server.url,
    credentials,
    async close() {
      await server.close();
      log.close();
    },
  };
}

function envelope(content: Record<string, string>, quotaLimiter: number): Answer {
  const page = {
    lastPage: true,
    numberOfElements: 1,
    sort: null,
    totalElements: 1,
    firstPage: true,
    number: 0,
    size: 1,
  };
  return { status: 200, body: JSON.stringify({ content: [content], ...page, quotaLimiter }) };
}

/** The only trace of a person in the log; a body that is not JSON has none. */
function last4(body: string): string {
  return /"NIK"\s*:\s*"?(\d+)/i.exec(body)?.[1]?.slice(-4) ?? '';
}

/** Calls left today, in WIB; a new day starts full. */
function newQuota(perDay: number): { left(at_us: number): number; charge(): void } {
  let day = '';
  let left = perDay;
  return {
    left(at_us) {
      const today = wibDate(at_us / 1000);
      if (today !== day) left = perDay;
      day = today;
      return left;
    },
    charge() {
      left -= 1;
    },
  };
}

import { join } from 'node:path';
import { loadAccounts } from './bank-accounts.ts';
import { newCaller } from './bank-callback.ts';
import { type Office, serve } from './bank-desk.ts';
import type { Client } from './bank-door.ts';
import { reportOn, takeFile } from './bank-file.ts';
import { newLedger, replay } from './bank-ledger.ts';
import type { Rules } from './bank-payment.ts';
import { clientPublicKey, keptPrivateKey, newTokens, publishKey } from './bank-signature.ts';
import { answerStatement } from './bank-statement.ts';
import type { Picker } from './faults.ts';
import { type Exchange, startHttp } from './http.ts';
import { newRateLimit } from './limits.ts';
import { openLog } from './log.ts';
import type { Place } from './place.ts';
import { type ClockUs, wallClockUs } from './time.ts';

const TOKEN_SECONDS = 900;
const OPENING_IDR = 100_000_000_000_000n;

/** Paths to SNAP's service codes and the endpoint names of the faults file. */
const ROUTES: Readonly<Record<string, { service: string; endpoint: string }>> = {
  '/v1.0/access-token/b2b': { service: '73', endpoint: 'token' },
  '/v1.0/account-inquiry-internal': { service: '15', endpoint: 'inquiry' },
  '/v1.0/account-inquiry-external': { service: '16', endpoint: 'inquiry' },
  '/v1.0/emoney/account-inquiry': { service: '37', endpoint: 'inquiry' },
  '/v1.0/transfer-interbank': { service: '18', endpoint: 'payment' },
  '/v1.0/transfer-interbank-bulk': { service: '20', endpoint: 'payment' },
  '/v1.0/emoney/bulk-cashin-payment': { service: '40', endpoint: 'payment' },
  '/v1.0/emoney/topup': { service: '38', endpoint: 'payment' },
  '/v1.0/transfer/status': { service: '36', endpoint: 'status' },
};

/**
 * All optional. `personality` honours (a repeated reference is 409xx01) or ignores (it pays again); `settle_ms` 0;
 * `opening_balance_idr` 100 trillion; `unknown_status` not_found (4043601) or status_07; `token_seconds` 900.
 */
export type BankOptions = Partial<Rules & Client> & {
  readonly opening_balance_idr?: bigint;
  readonly token_seconds?: number;
  readonly rate_per_second?: number;
  readonly latency_ms?: number;
  readonly port?: number;
  readonly clock_us?: ClockUs;
};
export type BankSim = {
  readonly url: string;
  readonly client: Client;
  readonly source_account: string;
  readonly private_key_file: string;
  /** With what the bank's own messages are signed. */
  readonly public_key_file: string;
  /** Resolves once everything that was to be told by then is told, or could not be. */
  told(): Promise<void>;
  close(): Promise<void>;
};

/**
 * A bank that speaks SNAP BI on a loopback port, with its books in memory and in LOG/bank.ndjson, which it reads again
 * at a start. Beside the calls, `GET /sim/statement?date=…|from=…&to=…&format=camt053|bni-csv` gives its statements;
 * the day of a payment is the WIB date of its X-TIMESTAMP, so that a year can be played in a minute. From
 * `POST /sim/callback` on, whose body is a base URL, it tells there by itself what becomes of payments.
 * Files (bank-file.ts): `POST /sim/file`, `GET /sim/report`.
 */
export async function startBank(place: Place, options: BankOptions = {}): Promise<BankSim> {
  const clock = options.clock_us ?? wallClockUs;
  const token_seconds = options.token_seconds ?? TOKEN_SECONDS;
  const private_key_file = join(place.log, 'bank-client-key.pem');
  const public_key_file = join(place.log, 'bank-public-key.pem');
  const ownKey = keptPrivateKey(join(place.log, 'bank-key.pem'));
  publishKey(ownKey, public_key_file);
  const client = clientOf(options);
  const picker = place.faults.for('bank');
  const ledger = newLedger(options.opening_balance_idr ?? OPENING_IDR);
  await replay(ledger, join(place.log, 'bank.ndjson'));
  const office: Office = {
    client,
    caller: newCaller({ key: ownKey, partner_id: client.partner_id, picker }),
    rules: rulesOf(options),
    key: clientPublicKey(private_key_file),
    tokens: newTokens(token_seconds, clock),
    token_seconds,
    accounts: await loadAccounts(place.data),
    ledger,
    picker,
    log: openLog(join(place.log, 'bank.ndjson')),
    latency_ms: options.latency_ms ?? 0,
    clock,
    admits: newRateLimit(options.rate_per_second),
  };
  const server = await startHttp(newRouter(office, picker), options.port);
  return {
    url: server.url,
    client: office.client,
    source_account: office.rules.source_account,
    private_key_file,
    public_key_file,
    told: () => office.caller.told(),
    async close() {
      await server.close();
      await office.caller.told();
      office.log.close();
    },
  };
}

function newRouter(office: Office, picker: Picker): (exchange: Exchange) => void {
  return (exchange) => {
    const { method, url = '' } = exchange.request;
    if (method === 'GET' && url.startsWith('/sim/statement')) {
      const { fault, delay_ms } = picker.next('statement');
      const created = new Date(office.clock() / 1000).toISOString();
      const gap = fault?.kind === 'statement_gap' ? BigInt(fault.value || '1000') : 0n;
      const account = office.rules.source_account;
      const answer = answerStatement(new URL(url, 'http://sim'), office.ledger, account, created, gap);
      exchange.answer(answer, fault, delay_ms);
      return;
    }
    if (method === 'POST' && url === '/sim/callback') {
      office.caller.to(exchange.body.trim());
      exchange.answer({ status: 204, body: '' });
      return;
    }
    if (method === 'POST' && url.startsWith('/sim/file')) {
      exchange.answer(takeFile(office, new URL(url, 'http://sim'), exchange.body));
      return;
    }
    if (method === 'GET' && url.startsWith('/sim/report')) {
      exchange.answer(reportOn(office, new URL(url, 'http://sim')));
      return;
    }
    const route = method === 'POST' ? ROUTES[url.split('?', 1)[0] ?? ''] : undefined;
    if (route === undefined) {
      exchange.answer({ status: 404, body: '{"responseCode":"4040000","responseMessage":"Not Found"}' });
      return;
    }
    const { fault, delay_ms } = picker.next(route.endpoint);
    // The delay comes before the work: the order that the bank carries out after the client has given up.
    exchange.later(delay_ms, () => serve(office, exchange, route.service, fault));
  };
}

function clientOf(options: BankOptions): Client {
  return {
    client_id: options.client_id ?? 'prakerja-sim',
    client_secret: options.client_secret ?? 'sim-client-secret',
    partner_id: options.partner_id ?? 'PRAKERJA',
    channel_id: options.channel_id ?? '95221',
  };
}

function rulesOf(options: BankOptions): Rules {
  return {
    personality: options.personality ?? 'honours',
    settle_ms: options.settle_ms ?? 0,
    source_account: options.source_account ?? '0000202020',
    unknown_status: options.unknown_status ?? 'not_found',
  };
}

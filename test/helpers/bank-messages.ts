import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Listener, startListener } from '../../scripts/payout-listen.ts';
import { type Town, type TownOptions, town } from './payout.ts';

export interface Said {
  readonly status: number;
  readonly body: { readonly responseCode?: string; readonly responseMessage?: string };
}

/** How a message may differ from a good one. */
export interface Odd {
  readonly path?: string;
  readonly method?: string;
  /** Instead of the message as JSON; signed as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Broken off from outside. */
  readonly signal?: AbortSignal;
}

let numbers = 0;

/** Says something in the bank's name: a second implementation of SNAP's signature, so that the simulator's is not tested against ours alone. */
export async function say({ sim, office }: Town, url: string, message: object, odd: Odd = {}): Promise<Said> {
  const { path = '/v1.0/transfer/notify', method = 'POST', text = JSON.stringify(message), signal } = odd;
  const local = new Date(office.config.now().getTime() + 7 * 3_600_000).toISOString().slice(0, 19);
  const timestamp = odd.headers?.['X-TIMESTAMP'] ?? `${local}+07:00`;
  const digest = createHash('sha256').update(text).digest('hex');
  const key = createPrivateKey(readFileSync(join(sim.log, 'bank-key.pem')));
  const signed = Buffer.from(`POST:${path}:${digest}:${timestamp}`);
  numbers += 1;
  const headers = {
    'Content-Type': 'application/json',
    'X-TIMESTAMP': timestamp,
    'X-SIGNATURE': sign('RSA-SHA256', signed, key).toString('base64'),
    'X-PARTNER-ID': sim.env.BANK_PARTNER_ID ?? '',
    'X-EXTERNAL-ID': String(numbers),
    ...odd.headers,
  };
  const sent = { method, headers, ...(signal && { signal }), ...(method === 'POST' && { body: text }) };
  const response = await fetch(url + path, sent);
  return { status: response.status, body: (await response.json()) as Said['body'] };
}

/** A transfer notification about an order. */
export function notice(reference: string, status: string, idr = 600_000): object {
  return {
    originalPartnerReferenceNo: reference,
    originalReferenceNo: 'BNIS000000000001',
    latestTransactionStatus: status,
    amount: { value: `${idr}.00`, currency: 'IDR' },
    beneficiaryAccountName: 'NOBODY KEEPS THIS',
  };
}

/** A town whose office listens to the bank. */
export type Listening = Town & { readonly listener: Listener; say(message: object, odd?: Odd): ReturnType<typeof say> };

export async function listening(options: TownOptions): Promise<Listening> {
  const here = await town(options);
  const listener = await startListener(here.office, 0);
  onTestFinished(() => listener.close());
  return { ...here, listener, say: (message, odd) => say(here, listener.url, message, odd) };
}

/** The reference of each order, by registration; of several of one person the last. */
export async function references({ database }: Town): Promise<Record<string, string>> {
  const { rows } = await database.pool.query<{ id: string; reference: string }>(`
    select registration_id as id, reference from payment_orders o join instalments using (instalment_id) join registrations using (reg)
    order by o.order_number`);
  return Object.fromEntries(rows.map(({ id, reference }) => [id, reference]));
}

/** What was kept of the bank's messages: the status, and what came of it. */
export async function kept({ database }: Town): Promise<string[]> {
  const { rows } = await database.pool.query<{ kept: string }>(
    `select status || ' ' || outcome as kept from bank_callbacks order by callback_id`,
  );
  return rows.map((row) => row.kept);
}

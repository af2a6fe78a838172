import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wibDate, wibTime } from '../../jobs/time.ts';
import { type BankSim, startBank } from '../../sim/bank.ts';
import type { FaultKind, Picker } from '../../sim/faults.ts';
import type { BankFault, Plan } from './plan.ts';

const SETTLES_WITHIN_MS = 20;
/** A file that meets them never arrives, whatever was said at the counter. */
const LOSES = new Set(['disconnect', 'timeout']);

/** The simulated bank with its faults in our hand: what the next calls meet is said between two events. */
export interface Bank {
  readonly env: Readonly<Record<string, string>>;
  /** What the next payments and inquiries meet, in the order in which the bank gets them. */
  meet(faults: { readonly payment?: readonly BankFault[]; readonly status?: readonly BankFault[] }): void;
  /** Called when the bank gets a payment or an inquiry, before it does anything. */
  onCall(listen: ((endpoint: string) => void) | undefined): void;
  /** No more faults. */
  behave(): void;
  /** From now on it tells at this address what becomes of payments. */
  tellTo(url: string): Promise<void>;
  /** Resolves when nothing that was delayed is still to be carried out, and everything that was to be told is. */
  quiet(): Promise<void>;
  /** Whether its books have this order, by its own word in writing. */
  has(reference: string): boolean;
  /** The statement of the days, as the bank tells it. */
  statement(from: string, to: string): Promise<string>;
  /** Takes a payment file at this moment; a bank that honours references says no to one that it knows. */
  takeFile(text: string, at: Date): Promise<void>;
  /** What it says of a file's orders now; null: it knows no such file. */
  report(id: string): Promise<string | null>;
  /** Faults that calls have met, by name. */
  readonly met: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Starts a bank that writes its log, and finds its client's key, in `dir`. */
export async function openBank(
  dir: string,
  plan: Pick<Plan, 'bank' | 'unknownStatus' | 'format' | 'notices'>,
): Promise<Bank> {
  const next: Record<string, BankFault[]> = { payment: [], status: [], callback: [...(plan.notices ?? [])] };
  const met: Record<string, number> = {};
  let listen: ((endpoint: string) => void) | undefined;
  let busyUntil = 0;
  const picker: Picker = {
    next(endpoint) {
      if (!next[endpoint]) return { delay_ms: 0, fault: undefined };
      if (endpoint !== 'callback') listen?.(endpoint);
      const { kind, value = '' } = next[endpoint].shift() ?? { kind: 'none' };
      if (kind === 'none') return { delay_ms: 0, fault: undefined };
      const name = `${endpoint} ${kind}${kind === 'error_text' ? ` ${value}` : ''}`;
      met[name] = (met[name] ?? 0) + 1;
      if (kind !== 'delay_ms') return { delay_ms: 0, fault: { kind: kind as FaultKind, value } };
      busyUntil = Math.max(busyUntil, performance.now() + Number(value) + SETTLES_WITHIN_MS);
      return { delay_ms: Number(value), fault: undefined };
    },
  };
  const place = { data: dir, log: dir, faults: { for: () => picker } };
  const sim = await startBank(place, { personality: plan.bank, unknown_status: plan.unknownStatus });
  return {
    env: environment(sim),
    meet: ({ payment, status }) => {
      if (payment) next.payment = [...payment];
      if (status) next.status = [...status];
    },
    onCall: (listener) => {
      listen = listener;
    },
    behave: () => {
      next.payment = [];
      next.status = [];
      listen = undefined;
    },
    tellTo: async (url) => void (await fetch(`${sim.url}/sim/callback`, { method: 'POST', body: url })),
    quiet: async () => {
      const left_ms = busyUntil - performance.now();
      if (left_ms > 0) await once(AbortSignal.timeout(Math.ceil(left_ms)), 'abort');
      await sim.told();
    },
    has: (reference) => booked(join(dir, 'bank.ndjson')).has(reference),
    statement: async (from, to) => {
      const answer = await fetch(`${sim.url}/sim/statement?from=${from}&to=${to}&format=${plan.format}`);
      if (!answer.ok) throw new Error(`the bank gave no statement: ${await answer.text()}`);
      return answer.text();
    },
    takeFile: async (text, at) => {
      if (LOSES.has(next.payment?.[0]?.kind ?? '')) {
        next.payment?.shift();
        met['file lost'] = (met['file lost'] ?? 0) + 1;
        return;
      }
      const wib = `${wibDate(at)}T${wibTime(at)}:00`;
      const { status } = await fetch(`${sim.url}/sim/file?at=${wib}`, { method: 'POST', body: text });
      if (status !== 204 && status !== 409) throw new Error(`the bank did not understand a file: ${status}`);
    },
    report: async (id) => {
      const answer = await fetch(`${sim.url}/sim/report?id=${id}`);
      return answer.ok ? answer.text() : null;
    },
    met,
    close: () => sim.close(),
  };
}

/** References that the bank's books have; a refusal and a question leave none. */
function booked(path: string): Set<string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  const parsed = lines
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as { reference: string; bank_reference?: string });
  return new Set(parsed.filter((line) => line.bank_reference !== undefined).map((line) => line.reference));
}

function environment(sim: BankSim): Record<string, string> {
  return {
    BANK_URL: sim.url,
    BANK_CLIENT_ID: sim.client.client_id,
    BANK_CLIENT_SECRET: sim.client.client_secret,
    BANK_PRIVATE_KEY_FILE: sim.private_key_file,
    BANK_PARTNER_ID: sim.client.partner_id,
    BANK_CHANNEL_ID: sim.client.channel_id,
    BANK_SOURCE_ACCOUNT: sim.source_account,
    BANK_PUBLIC_KEY_FILE: sim.public_key_file,
  };
}

import { createHash, createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BankSim } from '../../sim/bank.ts';
import { type Faults, loadFaults, parseFaults } from '../../sim/faults.ts';
import type { Place } from '../../sim/place.ts';

/** A folder with the given files, gone after the test. */
export function tempDir(files: Record<string, string> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'sim-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

// One key for all the banks of a test file: making one takes a third of a second.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY_FILE = { 'bank-client-key.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };

/** The place of one counterpart: `files` as data, `rules` as faults, the log in the same folder. */
export function placeOf(files: Record<string, string> = {}, rules?: unknown): Place {
  const dir = tempDir({ ...KEY_FILE, ...files });
  const faults: Faults = rules === undefined ? loadFaults() : parseFaults(rules);
  return { data: dir, log: dir, faults };
}

/** Stops `sim` after the test; hands it through. */
export function stopping<T extends { close(): Promise<void> }>(sim: T): T {
  onTestFinished(() => sim.close());
  return sim;
}

/** The lines of an NDJSON file as objects. */
export function logLines(dir: string, name: string): Record<string, unknown>[] {
  const text = readFileSync(join(dir, name), 'utf8');
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export type SnapAnswer = { status: number; body: Record<string, unknown> };
export type SnapSettings = Pick<BankSim, 'url' | 'private_key_file' | 'client'>;

let externalId = 1_000;

/** A second implementation of SNAP's signatures, so that the bank is not tested against itself. */
export class SnapClient {
  private readonly bank: SnapSettings;
  timestamp = '2020-09-15T10:00:00+07:00';
  token = '';

  constructor(bank: SnapSettings) {
    this.bank = bank;
  }

  async login(overrides: Record<string, string> = {}): Promise<SnapAnswer> {
    const { client, private_key_file } = this.bank;
    const key = createPrivateKey(readFileSync(private_key_file));
    const text = `${client.client_id}|${this.timestamp}`;
    const answer = await this.post('/v1.0/access-token/b2b', '{"grantType":"client_credentials"}', {
      'X-TIMESTAMP': this.timestamp,
      'X-CLIENT-KEY': client.client_id ?? '',
      'X-SIGNATURE': sign('RSA-SHA256', Buffer.from(text), key).toString('base64'),
      ...overrides,
    });
    this.token = String(answer.body.accessToken ?? '');
    return answer;
  }

  async call(path: string, body: object, overrides: Record<string, string> = {}): Promise<SnapAnswer> {
    if (this.token === '') await this.login();
    const { client } = this.bank;
    const text = JSON.stringify(body);
    const digest = createHash('sha256').update(text).digest('hex');
    const signed = `POST:${path}:${this.token}:${digest}:${this.timestamp}`;
    externalId += 1;
    return this.post(path, text, {
      Authorization: `Bearer ${this.token}`,
      'X-TIMESTAMP': this.timestamp,
      'X-SIGNATURE': createHmac('sha512', client.client_secret ?? '')
        .update(signed)
        .digest('base64'),
      'X-PARTNER-ID': client.partner_id ?? '',
      'X-EXTERNAL-ID': String(externalId),
      'CHANNEL-ID': client.channel_id ?? '',
      ...overrides,
    });
  }

  transfer(reference: string, changes: object = {}, overrides: Record<string, string> = {}): Promise<SnapAnswer> {
    const body = {
      partnerReferenceNo: reference,
      amount: { value: '600000.00', currency: 'IDR' },
      beneficiaryAccountName: 'Siti & Anak',
      beneficiaryAccountNo: '0011223344',
      beneficiaryBankCode: '009',
      sourceAccountNo: '0000202020',
      transactionDate: this.timestamp,
      ...changes,
    };
    return this.call('/v1.0/transfer-interbank', body, overrides);
  }

  status(reference: string): Promise<SnapAnswer> {
    return this.call('/v1.0/transfer/status', { originalPartnerReferenceNo: reference, serviceCode: '18' });
  }

  async statement(query: string): Promise<string> {
    return (await fetch(`${this.bank.url}/sim/statement?${query}`)).text();
  }

  private async post(path: string, body: string, headers: Record<string, string>): Promise<SnapAnswer> {
    const all = { 'Content-Type': 'application/json', ...headers };
    const response = await fetch(this.bank.url + path, { method: 'POST', body, headers: all });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

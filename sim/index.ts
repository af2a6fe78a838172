import { join } from 'node:path';
import { type BankOptions, type BankSim, startBank } from './bank.ts';
import { type DukcapilOptions, type DukcapilSim, startDukcapil } from './dukcapil.ts';
import { loadFaults } from './faults.ts';
import { type MailOptions, type MailSim, startMail } from './mail.ts';

const MAIL_FROM = 'no-reply@prakerja.test';
const BOUNCE_DOMAIN = 'bounce.prakerja.test';

/** `data`: the folder with the input files; `faults`: a faults file; `log`: default DATA/sim-log. */
export type SimSettings = {
  readonly data: string;
  readonly faults?: string;
  readonly log?: string;
  readonly options?: { readonly dukcapil?: DukcapilOptions; readonly mail?: MailOptions; readonly bank?: BankOptions };
};
/** `env` points the program at the counterparts; `bounces` is the Maildir of late bounces and complaints. */
export type Sim = {
  readonly env: Record<string, string>;
  readonly log: string;
  readonly bounces: string;
  close(): Promise<void>;
};

/**
 * Starts Dukcapil, mail and bank on loopback ports and resolves once all three listen; `close` is safe twice.
 * @example
 * const sim = await startSim({ data: 'out', options: { bank: { personality: 'ignores' } } });
 * await fetch(`${sim.env.BANK_URL}/sim/statement?date=2020-09-15&format=camt053`);
 * await sim.close();
 * @throws Error when the faults file is wrong; what was already started is stopped.
 */
export async function startSim({ data, faults, log = join(data, 'sim-log'), options = {} }: SimSettings): Promise<Sim> {
  const place = { data, log, faults: loadFaults(faults) };
  const started: { close(): Promise<void> }[] = [];
  const keep = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const sim = await starting;
    started.push(sim);
    return sim;
  };
  let closing: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closing ??= Promise.all(started.map((sim) => sim.close()));
    await closing;
  };
  try {
    const dukcapil = await keep(startDukcapil(place, options.dukcapil));
    const mail = await keep(startMail(place, options.mail));
    const bank = await keep(startBank(place, options.bank));
    return { env: environment(dukcapil, mail, bank), log, bounces: mail.bounces, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function environment(dukcapil: DukcapilSim, mail: MailSim, bank: BankSim): Record<string, string> {
  return {
    DUKCAPIL_URL: dukcapil.url,
    DUKCAPIL_CUSTOMER: dukcapil.credentials.customer,
    DUKCAPIL_USER_ID: dukcapil.credentials.user_id,
    DUKCAPIL_PASSWORD: dukcapil.credentials.password,
    DUKCAPIL_IP_USER: dukcapil.credentials.ip_user,
    SMTP_URL: mail.url,
    MAIL_FROM,
    BOUNCE_DOMAIN,
    BANK_URL: bank.url,
    BANK_CLIENT_ID: bank.client.client_id,
    BANK_CLIENT_SECRET: bank.client.client_secret,
    BANK_PRIVATE_KEY_FILE: bank.private_key_file,
    BANK_PARTNER_ID: bank.client.partner_id,
    BANK_CHANNEL_ID: bank.client.channel_id,
    BANK_SOURCE_ACCOUNT: bank.source_account,
    BANK_PUBLIC_KEY_FILE: bank.public_key_file,
  };
}

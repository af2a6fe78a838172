import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../jobs/errors.ts';
import { readConfig } from '../../../workers/runtime/config.ts';

/** The error for an environment, or undefined. */
function refusal(environment: Record<string, string>): PrakerjaError | undefined {
  try {
    readConfig(environment);
    return undefined;
  } catch (error) {
    if (error instanceof PrakerjaError) return error;
    throw error;
  }
}

const SECRET = 'zq-4711-hush';

const wrong: readonly (readonly [variable: string, value: string])[] = [
  ['PRAKERJA_NOW', `${SECRET}`],
  ['PRAKERJA_NOW', '2020-09-15'],
  ['PRAKERJA_NOW', '2020-09-15T12:00:00'],
  ['PRAKERJA_NOW', '2020-02-30T12:00:00Z'],
  ['LOG_LEVEL', SECRET],
  ['DATABASE_URL', `mysql://root:${SECRET}@db/prakerja`],
  ['DATABASE_URL', SECRET],
  ['REDIS_URL', `http://:${SECRET}@redis`],
  ['DUKCAPIL_URL', `ftp://${SECRET}`],
  ['DUKCAPIL_RATE_PER_SECOND', '00'],
  ['DUKCAPIL_RATE_PER_SECOND', '-1'],
  ['DUKCAPIL_RATE_PER_SECOND', '1.5'],
  ['DUKCAPIL_RATE_PER_SECOND', SECRET],
  ['DUKCAPIL_DAILY_QUOTA', '1e6'],
  ['DUKCAPIL_DAILY_QUOTA', '99999999999'],
  ['SMTP_URL', `http://user:${SECRET}@mail`],
  ['BANK_URL', SECRET],
  ['KK_TOKEN_KEY', SECRET],
  ['CONSOLE_PASSWORD', 'zq-4711'],
];

const registry = {
  DUKCAPIL_URL: 'http://127.0.0.1:1',
  DUKCAPIL_CUSTOMER: 'C',
  DUKCAPIL_USER_ID: 'U',
  DUKCAPIL_PASSWORD: SECRET,
  DUKCAPIL_IP_USER: '10.0.0.1',
};
const mail = { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'no-reply@prakerja.test', BOUNCE_DOMAIN: 'b.prakerja.test' };
const bank = {
  BANK_URL: 'https://127.0.0.1:1',
  BANK_CLIENT_ID: 'I',
  BANK_CLIENT_SECRET: SECRET,
  BANK_PRIVATE_KEY_FILE: '/key.pem',
  BANK_PARTNER_ID: 'P',
  BANK_CHANNEL_ID: '95221',
  BANK_SOURCE_ACCOUNT: '1234',
};

describe('a wrong value is exit 2, names its variable and never repeats it', () => {
  it.each(wrong)('%s=%s', (variable, value) => {
    const error = refusal({ [variable]: value });
    expect(error?.exitCode).toBe(2);
    expect(error?.message).toContain(variable);
    expect(error?.message).not.toContain(value);
  });
});

describe.each([
  ['DUKCAPIL_URL', registry],
  ['SMTP_URL', mail],
  ['BANK_URL', bank],
] as const)('the counterpart of %s', (lead, all) => {
  it.each(Object.keys(all).filter((name) => name !== lead))('half set, without %s, names it', (missing) => {
    for (const left of [
      Object.fromEntries(Object.entries(all).filter(([name]) => name !== missing)),
      { ...all, [missing]: '' },
    ]) {
      const error = refusal(left);
      expect(error?.exitCode).toBe(2);
      expect(error?.message).toMatch(new RegExp(`^${missing} is not set, though ${lead} is$`));
    }
  });
});

describe('readConfig', () => {
  it('unset: an embedded database, queues in it, no counterparts, 100 look-ups a second', () => {
    const { now, ...config } = readConfig({});
    expect(config).toEqual({
      production: false,
      dataDir: resolve('.data'),
      logLevel: 'info',
      databaseUrl: undefined,
      redisUrl: undefined,
      registry: undefined,
      registryRate_per_second: 100,
      registryDailyQuota: undefined,
      registrySilent_minutes: 10,
      mail: undefined,
      bank: undefined,
      kkTokenKey: undefined,
      consolePassword: undefined,
    });
    expect(Math.abs(now().getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('an empty variable counts as unset', () => {
    const empty = Object.fromEntries([
      ...wrong.map(([name]) => [name, '']),
      ...Object.keys(bank).map((name) => [name, '']),
    ]);
    expect(refusal(empty)).toBeUndefined();
  });

  it('production needs a database of its own', () => {
    expect(refusal({ NODE_ENV: 'production' })).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('DATABASE_URL'),
    });
    expect(readConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/prakerja' }).production).toBe(true);
  });

  it('reads everything that is set', () => {
    const config = readConfig({
      ...registry,
      ...mail,
      ...bank,
      PRAKERJA_NOW: '2020-09-15T12:00:00+07:00',
      REDIS_URL: 'rediss://redis:6380',
      DUKCAPIL_RATE_PER_SECOND: '250',
      DUKCAPIL_DAILY_QUOTA: '1000000',
      KK_TOKEN_KEY: '0123456789abcdef',
    });
    expect(config.now()).toEqual(new Date('2020-09-15T05:00:00Z'));
    expect(config.registry).toMatchObject({ url: registry.DUKCAPIL_URL, password: SECRET });
    expect(config.mail).toEqual({ smtpUrl: mail.SMTP_URL, from: mail.MAIL_FROM, bounceDomain: mail.BOUNCE_DOMAIN });
    expect(config.bank).toMatchObject({ url: bank.BANK_URL, sourceAccount: '1234', privateKeyFile: '/key.pem' });
    expect([config.registryRate_per_second, config.registryDailyQuota]).toEqual([250, 1_000_000]);
  });
});

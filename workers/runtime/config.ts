import { resolve } from 'node:path';
import { z } from 'zod';
import { refuse } from '../../jobs/errors.ts';
import { parseInstant } from '../../jobs/time.ts';

const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL beginning with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
const count = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be a whole number above 0')
  .transform(Number);
const text = z.string().min(1, 'must not be empty');

/** A header that every browser sends says nothing about who asks: believing it would open the console to everybody. */
const BROWSER_HEADERS =
  /^(accept.*|authorization|cache-control|connection|content-.*|cookie|dnt|host|if-.*|origin|pragma|priority|range|referer|sec-.*|te|upgrade.*|user-agent)$/i;
const identityHeader = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header, such as X-Forwarded-User')
  .refine((name) => !BROWSER_HEADERS.test(name), 'must be a header that only the proxy sets, such as X-Forwarded-User');

const fingerprint = z
  .string()
  .regex(/^([0-9a-f]{2}:?){32}$/i, 'must be the SHA-256 of a certificate in hexadecimal, as openssl prints it');

const SILENT_MINUTES = 10;

/** The environment of contract section 2, checked once at start. */
const schema = z.object({
  NODE_ENV: z.string().optional(),
  PRAKERJA_NOW: z
    .string()
    .refine((value) => parseInstant(value) !== undefined, 'must be an ISO time with an offset')
    .optional(),
  PRAKERJA_DATA: text.optional(),
  PRAKERJA_TOKEN: text.optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  DUKCAPIL_URL: url('http:', 'https:').optional(),
  DUKCAPIL_CUSTOMER: text.optional(),
  DUKCAPIL_USER_ID: text.optional(),
  DUKCAPIL_PASSWORD: text.optional(),
  DUKCAPIL_IP_USER: text.optional(),
  DUKCAPIL_CA_FILE: text.optional(),
  DUKCAPIL_PIN: fingerprint.optional(),
  DUKCAPIL_RATE_PER_SECOND: count.optional(),
  DUKCAPIL_DAILY_QUOTA: count.optional(),
  DUKCAPIL_SILENT_MINUTES: count.optional(),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  MAIL_FROM: text.optional(),
  BOUNCE_DOMAIN: text.optional(),
  BANK_URL: url('http:', 'https:').optional(),
  BANK_CLIENT_ID: text.optional(),
  BANK_CLIENT_SECRET: text.optional(),
  BANK_PRIVATE_KEY_FILE: text.optional(),
  BANK_PARTNER_ID: text.optional(),
  BANK_CHANNEL_ID: text.optional(),
  BANK_SOURCE_ACCOUNT: text.optional(),
  BANK_PUBLIC_KEY_FILE: text.optional(),
  KK_TOKEN_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  SIGNING_KEY_FILE: text.optional(),
  CONSOLE_PASSWORD: z.string().min(8, 'must have at least 8 characters').optional(),
  CONSOLE_IDENTITY_HEADER: identityHeader.optional(),
});
type Environment = z.infer<typeof schema>;

export interface RegistrySettings {
  readonly url: string;
  readonly customer: string;
  readonly userId: string;
  readonly password: string;
  readonly ipUser: string;
  /** PEM file of who signed its certificate, where no public authority has. */
  readonly authorityFile?: string | undefined;
  /** SHA-256 of its certificate: no other is accepted. */
  readonly pin?: string | undefined;
}

export interface MailSettings {
  readonly smtpUrl: string;
  readonly from: string;
  readonly bounceDomain: string;
}

export interface BankSettings {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly privateKeyFile: string;
  readonly partnerId: string;
  readonly channelId: string;
  readonly sourceAccount: string;
}

export interface Config {
  readonly production: boolean;
  /** Every rule's "now": PRAKERJA_NOW when given, else the clock. */
  readonly now: () => Date;
  /** Where the embedded database, draws, keys and quarantine files live: `.data`. */
  readonly dataDir: string;
  /** Of the person at the keyboard, where this office has operators. */
  readonly token: string | undefined;
  readonly logLevel: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly registry: RegistrySettings | undefined;
  readonly registryRate_per_second: number;
  readonly registryDailyQuota: number | undefined;
  /** People wait for the registry and it has answered nobody for so long: an alarm. */
  readonly registrySilent_minutes: number;
  readonly mail: MailSettings | undefined;
  readonly bank: BankSettings | undefined;
  /** PEM of the RSA key with which the bank signs what it tells by itself. */
  readonly bankPublicKeyFile: string | undefined;
  readonly kkTokenKey: string | undefined;
  /** PKCS8 PEM of the Ed25519 key that signs what is published. */
  readonly signingKeyFile: string | undefined;
  readonly consolePassword: string | undefined;
  /** The header in which a proxy tells who asks; it must remove the header from what comes from outside. */
  readonly consoleIdentityHeader: string | undefined;
}

/** All of a group or none: a half-set counterpart names the first variable that is missing. */
function group<K extends keyof Environment>(
  environment: Environment,
  lead: K,
  others: readonly (keyof Environment)[],
): boolean {
  if (environment[lead] === undefined) return false;
  const missing = others.find((name) => environment[name] === undefined);
  if (missing) throw refuse(`${missing} is not set, though ${lead} is`);
  return true;
}

function registryOf(env: Environment): RegistrySettings | undefined {
  const names = ['DUKCAPIL_CUSTOMER', 'DUKCAPIL_USER_ID', 'DUKCAPIL_PASSWORD', 'DUKCAPIL_IP_USER'] as const;
  if (!group(env, 'DUKCAPIL_URL', names)) return undefined;
  return {
    url: env.DUKCAPIL_URL as string,
    customer: env.DUKCAPIL_CUSTOMER as string,
    userId: env.DUKCAPIL_USER_ID as string,
    password: env.DUKCAPIL_PASSWORD as string,
    ipUser: env.DUKCAPIL_IP_USER as string,
    ...(env.DUKCAPIL_CA_FILE !== undefined && { authorityFile: env.DUKCAPIL_CA_FILE }),
    ...(env.DUKCAPIL_PIN !== undefined && { pin: env.DUKCAPIL_PIN }),
  };
}

function mailOf(env: Environment): MailSettings | undefined {
  if (!group(env, 'SMTP_URL', ['MAIL_FROM', 'BOUNCE_DOMAIN'])) return undefined;
  return { smtpUrl: env.SMTP_URL as string, from: env.MAIL_FROM as string, bounceDomain: env.BOUNCE_DOMAIN as string };
}

function bankOf(env: Environment): BankSettings | undefined {
  const names = [
    'BANK_CLIENT_ID',
    'BANK_CLIENT_SECRET',
    'BANK_PRIVATE_KEY_FILE',
    'BANK_PARTNER_ID',
    'BANK_CHANNEL_ID',
    'BANK_SOURCE_ACCOUNT',
  ] as const;
  if (!group(env, 'BANK_URL', names)) return undefined;
  return {
    url: env.BANK_URL as string,
    clientId: env.BANK_CLIENT_ID as string,
    clientSecret: env.BANK_CLIENT_SECRET as string,
    privateKeyFile: env.BANK_PRIVATE_KEY_FILE as string,
    partnerId: env.BANK_PARTNER_ID as string,
    channelId: env.BANK_CHANNEL_ID as string,
    sourceAccount: env.BANK_SOURCE_ACCOUNT as string,
  };
}

/**
 * Reads the configuration. An empty variable counts as unset.
 * @throws exit 2 naming the variable that is wrong; its value is never repeated, for it may be a secret.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(set);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refuse(`${issue?.path[0]?.toString()}: ${issue?.message}`);
  }
  const env = result.data;
  const production = env.NODE_ENV === 'production';
  if (production && !env.DATABASE_URL) throw refuse('DATABASE_URL must be set with NODE_ENV=production');
  const fixed = env.PRAKERJA_NOW === undefined ? undefined : parseInstant(env.PRAKERJA_NOW);
  return {
    production,
    now: () => fixed ?? new Date(),
    dataDir: resolve(env.PRAKERJA_DATA ?? '.data'),
    token: env.PRAKERJA_TOKEN,
    logLevel: env.LOG_LEVEL ?? 'info',
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    registry: registryOf(env),
    registryRate_per_second: env.DUKCAPIL_RATE_PER_SECOND ?? 100,
    registryDailyQuota: env.DUKCAPIL_DAILY_QUOTA,
    registrySilent_minutes: env.DUKCAPIL_SILENT_MINUTES ?? SILENT_MINUTES,
    mail: mailOf(env),
    bank: bankOf(env),
    bankPublicKeyFile: env.BANK_PUBLIC_KEY_FILE,
    kkTokenKey: env.KK_TOKEN_KEY,
    signingKeyFile: env.SIGNING_KEY_FILE,
    consolePassword: env.CONSOLE_PASSWORD,
    consoleIdentityHeader: env.CONSOLE_IDENTITY_HEADER,
  };
}

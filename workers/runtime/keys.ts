import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { audit } from '../../db/audit.ts';
import type { Db, Tx } from '../../db/connection.ts';
import { sha256Hex } from '../../jobs/canonical.ts';
import { refuse } from '../../jobs/errors.ts';
import type { Config } from './config.ts';

const FILE = 'kk-token.key';
const SIGNING_FILE = 'office-signing.key';
const KK_FINGERPRINT = 'kk_token_fingerprint';
/** PostgreSQL's code. */
const NO_SUCH_TABLE = '42P01';
const SIGNED_WITH = 'signing_key_';

/** The key behind kk_token, as this host and this database have it. */
export interface KkKey {
  /** KK_TOKEN_KEY, else what `.data/` keeps; undefined: this host has none that it may read. */
  readonly key: string | undefined;
  /** The database keeps the fingerprint of a key. */
  readonly isKept: boolean;
}

/**
 * Compares this host's key with the one that the database began with. It is asked at every start, in one small query, and
 * writes nothing: a wrong key that came first would become the right one.
 * @throws exit 2 naming KK_TOKEN_KEY when they differ
 */
export async function compareKkKey(db: Db, config: Config): Promise<KkKey> {
  const path = join(config.dataDir, FILE);
  const key = config.kkTokenKey ?? readKey(path);
  const kept = await fingerprintKept(db);
  if (key !== undefined && kept !== undefined && kept !== sha256Hex(key)) {
    const subject =
      config.kkTokenKey === undefined ? `KK_TOKEN_KEY is not set, and the key in ${path}` : 'KK_TOKEN_KEY';
    throw refuse(`${subject} is not the key that this database began with`);
  }
  return { key, isKept: kept !== undefined };
}

/**
 * The key itself, for who counts households. Where the database keeps no fingerprint yet this one's is kept: another key
 * would break the count.
 * @throws exit 2 when the key is another one, or gone
 */
export async function kkTokenKey(db: Db, config: Config): Promise<string> {
  const { key: own, isKept } = await compareKkKey(db, config);
  if (own !== undefined && isKept) return own;
  const path = join(config.dataDir, FILE);
  if (isKept) throw refuse(`KK_TOKEN_KEY must be set: this database has one, and there is none to be read in ${path}`);
  const key = own ?? makeKey(config.dataDir);
  await sql`insert into settings (key, value) values (${KK_FINGERPRINT}, ${sha256Hex(key)}) on conflict do nothing`.execute(
    db,
  );
  await compareKkKey(db, config); // another host may have been first, with another key
  return key;
}

/**
 * At the first start on a database: makes the key and keeps its fingerprint. In production only of a key that is given: a
 * job that migrates may lose its disk, and the key with it; there it is made when a batch first needs it.
 */
export async function beginKkKey(db: Db, config: Config): Promise<void> {
  const { key } = await compareKkKey(db, config);
  if (key !== undefined || !config.production) await kkTokenKey(db, config);
}

function makeKey(dataDir: string): string {
  const key = randomBytes(32).toString('hex');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, FILE), `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

/** Undefined where there is none, or this user may not read it: most commands do without. */
function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Undefined also where nobody has made the tables yet. */
async function fingerprintKept(db: Db): Promise<string | undefined> {
  const query = db.selectFrom('settings').select('value').where('key', '=', KK_FINGERPRINT);
  const row = await query.executeTakeFirst().catch((error: unknown) => {
    if ((error as { code?: unknown }).code === NO_SUCH_TABLE) return undefined;
    throw error;
  });
  return row?.value;
}

/** What the office signs its lists with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** SPKI in PEM, as office.pub has it. */
  readonly publicPem: string;
  /** SHA-256 of the SPKI in DER, lower-case hex. */
  readonly fingerprint: string;
}

/**
 * The key that signs what is published: SIGNING_KEY_FILE, else one made at first use and kept in `.data/`. Keys are
 * rotated, so any Ed25519 key will do; but none is made in the place of one that has signed and is gone.
 * @throws exit 2 naming the variable when its file is no Ed25519 key, or there is no key where there was one
 */
export async function signingKey(db: Db, config: Config): Promise<SigningKey> {
  const own = join(config.dataDir, SIGNING_FILE);
  const path = config.signingKeyFile ?? own;
  if (config.signingKeyFile === undefined && !existsSync(own)) {
    const known = await db.selectFrom('settings').select('key').where('key', 'like', `${SIGNED_WITH}%`).execute();
    if (known.length > 0)
      throw refuse(
        `SIGNING_KEY_FILE must be set: this office has signed before, and ${own} is not there. For a new key: openssl genpkey -algorithm ed25519 -out FILE`,
      );
    mkdirSync(config.dataDir, { recursive: true });
    const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(own, made, { mode: 0o600, flag: 'wx' });
  }
  const key = readPrivateKey(path);
  if (key?.asymmetricKeyType !== 'ed25519')
    throw refuse(
      `${config.signingKeyFile === undefined ? own : 'SIGNING_KEY_FILE'}: is not a file with an Ed25519 private key in PEM`,
    );
  const publicKey = createPublicKey(key);
  return {
    privateKey: key,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: sha256Hex(publicKey.export({ type: 'spki', format: 'der' })),
  };
}

function readPrivateKey(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** Remembers that a key signs; the first time goes into the audit log. */
export async function rememberSigning(tx: Tx, { fingerprint }: SigningKey): Promise<void> {
  if (await hasSigned(tx, fingerprint)) return;
  await tx
    .insertInto('settings')
    .values({ key: SIGNED_WITH + fingerprint, value: new Date().toISOString() })
    .execute();
  const note = 'a key signs what is published for the first time';
  await audit(tx, { who: 'cli', action: 'signing key', subject: fingerprint, note });
}

/** Whether the key with this fingerprint is one that this office has signed with. */
export async function hasSigned(tx: Tx, fingerprint: string): Promise<boolean> {
  const row = await tx
    .selectFrom('settings')
    .select('key')
    .where('key', '=', SIGNED_WITH + fingerprint)
    .executeTakeFirst();
  return row !== undefined;
}

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
const SIGNED_WITH = 'signing_key_';

/**
 * The key behind kk_token: KK_TOKEN_KEY, else one made at first use and kept in `.data/`. Its fingerprint is in the
 * database, for another key would break the count of participants per household.
 * @throws exit 2 when the key is another one, or gone
 */
export async function kkTokenKey(db: Db, config: Config): Promise<string> {
  const path = join(config.dataDir, FILE);
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  const known = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'kk_token_fingerprint')
    .executeTakeFirst();
  const key = config.kkTokenKey ?? kept ?? (known ? undefined : randomBytes(32).toString('hex'));
  if (key === undefined) throw refuse(`KK_TOKEN_KEY must be set: this database has one, and ${path} is not there`);
  const fingerprint = sha256Hex(key);
  if (known && known.value !== fingerprint) throw refuse('KK_TOKEN_KEY is not the key that this database began with');
  if (config.kkTokenKey === undefined && kept === undefined) {
    mkdirSync(config.dataDir, { recursive: true });
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  }
  await sql`insert into settings (key, value) values ('kk_token_fingerprint', ${fingerprint}) on conflict do nothing`.execute(
    db,
  );
  return key;
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

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db } from '../../db/connection.ts';
import { sha256Hex } from '../../jobs/canonical.ts';
import { refuse } from '../../jobs/errors.ts';
import type { Config } from './config.ts';

const FILE = 'kk-token.key';

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

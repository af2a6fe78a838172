import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../db/connection.ts';
import { startEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { dumpSchema } from '../db/schema-dump.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const made = { dump: file('../db/schema.sql'), types: file('../db/types.ts') };

/** Makes db/schema.sql and db/types.ts from the migrations; with --check says whether the committed ones are the same. */
const check = process.argv.includes('--check');
const dir = mkdtempSync(join(tmpdir(), 'prakerja-schema-'));
const server = await startEmbedded({ dir: join(dir, 'pg'), settings: ['fsync=off'] });
const database = openDatabase(server.url);
try {
  await migrate(database.db);
  const dump = await dumpSchema(database.db);
  const types = join(dir, 'types.ts');
  const options = ['--dialect', 'postgres', '--url', server.url, '--out-file', types, '--date-parser', 'string'];
  const generator = file('../node_modules/.bin/kysely-codegen');
  execFileSync(generator, [...options, '--numeric-parser', 'string', '--exclude-pattern', 'public.kysely_*'], {
    stdio: 'pipe',
  });
  const drifted = [
    ...(readFileSync(made.dump, { encoding: 'utf8', flag: 'a+' }) === dump ? [] : ['db/schema.sql']),
    ...(readFileSync(made.types, 'utf8') === readFileSync(types, 'utf8') ? [] : ['db/types.ts']),
  ];
  if (!check) {
    writeFileSync(made.dump, dump);
    writeFileSync(made.types, readFileSync(types));
  }
  console.log(
    drifted.length === 0
      ? 'The schema and the types are those of the migrations.'
      : `${check ? 'Out of date' : 'Written'}: ${drifted.join(', ')}`,
  );
  if (check && drifted.length > 0) process.exitCode = 1;
} finally {
  await database.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}

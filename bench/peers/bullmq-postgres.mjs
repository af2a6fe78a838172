import { overBullmq } from './bullmq.mjs';
import { concurrency, contest, databaseUrl, need } from './contest.mjs';

const { createPostgresBackend, runMigrations, withBackend } = need('bullmq');
const { Client } = need('pg');

async function prepare() {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await runMigrations(client);
  await client.end();
}

// Its documentation: "Give each backend enough pool connections (max) for its concurrency".
const connectionOf = () => ({ connectionString: databaseUrl, max: concurrency });

await contest({ prepare, ...overBullmq(withBackend(createPostgresBackend), connectionOf) });

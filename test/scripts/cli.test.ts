import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { type Ended, runCommand } from '../helpers/commands.ts';
import { testDatabase } from '../helpers/database.ts';
import { HEADER, line } from '../helpers/import.ts';
import { officeEnvironment, temporaryDir } from '../helpers/office.ts';

/** Every command of the contract, section 1. */
const commands = [
  'demo',
  'generate',
  'sim',
  'db migrate',
  'db status',
  'db restored',
  'worker',
  'import',
  'run start',
  'run status',
  'run cancel',
  'funnel',
  'explain',
  'requeue',
  ...['open', 'extend', 'close', 'draw', 'verify', 'page', 'decree', 'revoke', 'show', 'cancel'].map(
    (name) => `batch ${name}`,
  ),
  ...['prepare', 'release', 'submit', 'stop', 'hold', 'resolve', 'status'].map((name) => `payout ${name}`),
  'reconcile',
  'export',
  'doctor',
  'audit verify',
  'console',
];
const AT_ONCE = 3;

const database = await testDatabase();
const dir = temporaryDir();
const environment = officeEnvironment(database, 'redis', dir);
const prakerja = (words: string, changes: Record<string, string> = {}, input = '') =>
  runCommand(words.split(' '), { ...environment, ...changes }, input);

/** stdout must be one JSON document and nothing else. */
function documentOf({ stdout }: Ended): unknown {
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.trimEnd()).not.toContain('\n');
  return JSON.parse(stdout);
}

it('every command has help with an example', { timeout: 240_000 }, async () => {
  const limit = pLimit(AT_ONCE);
  const ended = await Promise.all(
    commands.map((name) => limit(async () => ({ name, ...(await prakerja(`${name} --help`)) }))),
  );
  const wanting = ended.filter(
    ({ name, code, stdout }) => code !== 0 || !stdout.includes(`Example:\n  $ prakerja ${name}`),
  );
  expect(wanting).toEqual([]);
});

it('help says which options a command cannot do without', async () => {
  const { stdout } = await prakerja('batch open --help');
  expect(stdout).toContain('--policy <file> (required)');
  expect(stdout).toMatch(/--quota <file> {2}/);
});

describe('what is refused is exit 2, with a sentence on stderr and nothing on stdout', () => {
  it.each([
    ['an unknown command', 'pay', "unknown command 'pay'"],
    ['an unknown subcommand', 'payout pay', "unknown command 'pay'"],
    ['an unknown option', 'doctor --quick', "unknown option '--quick'"],
    ['a missing argument', 'explain', "missing required argument 'registration_id'"],
    [
      'a restore without a time that can be read',
      'db restored --by ayu --note x --taken-at noon',
      '--taken-at must be an ISO time',
    ],
    ['a missing option', 'payout prepare', "required option '--by <who>' not specified"],
    ['an unknown kind', 'import people x.csv', 'there is no import "people"'],
    ['an unknown export', 'export people --out x.csv', 'there is no export "people"'],
    ['an unknown format', 'reconcile --statement x --format pdf', '--format must be one of'],
    ['a day that cannot be read', 'payout status --as-of yesterday', '--as-of must be a date'],
    ['a run that is none', 'payout release one --by budi', '"one" is not a payout run'],
    ['a registration that is not there', 'explain R-404', 'there is no registration R-404'],
    ['a batch that is not there', 'batch show 9', 'there is no batch 9'],
    ['a bank that is not set', 'payout resolve', 'BANK_URL is not set'],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await prakerja(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['DATABASE_URL', 'mysql://root:geheim@localhost/x'],
    ['REDIS_URL', 'geheim'],
    ['BANK_URL', 'http://bank.test'],
    ['DUKCAPIL_RATE_PER_SECOND', 'geheim'],
    ['KK_TOKEN_KEY', 'geheim'],
    ['PRAKERJA_NOW', 'geheim'],
  ])('a wrong %s, naming it and not its value', async (name, value) => {
    const { code, stdout, stderr } = await prakerja('doctor', { [name]: value });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('geheim');
  });

  it('production without DATABASE_URL', async () => {
    const { code, stderr } = await prakerja('doctor', { NODE_ENV: 'production', DATABASE_URL: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('DATABASE_URL must be set with NODE_ENV=production');
  });
});

it('a database that does not answer is exit 1, with a sentence', async () => {
  const { code, stdout, stderr } = await prakerja('doctor', {
    DATABASE_URL: 'postgres://prakerja@127.0.0.1:1/prakerja',
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('PostgreSQL cannot be reached');
});

describe('--json', () => {
  it.each([
    ['db status --json', { pending: [] }],
    ['run status --json', { stages: { email: { in: 0 } }, registry: { used_today: 0, left_today: null } }],
    ['funnel --json', { registered: 0, incentive_paid_idr: '0' }],
    ['payout prepare --as-of 2020-09-15 --by ayu --json', { run: null, count: 0, total_idr: '0' }],
    ['payout status --json', []],
    ['--json doctor', { ok: true, checks: expect.any(Array) }],
    ['audit verify --json', {}],
  ])('%s prints one document', async (words, document) => {
    const ended = await prakerja(words);
    expect(ended.code).toBe(0);
    expect(documentOf(ended)).toMatchObject(document);
  });

  it.each([
    ['batch show 9 --json', 'there is no batch 9'],
    ['payout prepare --json', "required option '--by <who>' not specified"],
    ['doctor --quick --json', "unknown option '--quick'"],
  ])('%s prints one document about the error', async (words, message) => {
    const ended = await prakerja(words);
    expect(ended.code).toBe(2);
    expect(documentOf(ended)).toEqual({ error: expect.stringContaining(message) });
    expect(ended.stderr).toContain(message);
  });
});

describe('a file', () => {
  const other = { REDIS_URL: '' };

  it('comes from stdin too; quarantined lines are exit 3, and what is bad does not keep out what is good', async () => {
    const input = [HEADER, line(), line({ registration_id: 'R2', province_code: '99' })].join('\n');
    const ended = await prakerja('import registrations - --json', {}, input);
    expect(ended.code).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      read: 2,
      imported: 1,
      unchanged: 0,
      quarantined: 1,
      quarantine_file: expect.stringContaining(dir),
    });
    const again = await prakerja('import registrations - --json', {}, `${HEADER}\n${line()}\n`);
    expect(again.code).toBe(0);
    expect(documentOf(again)).toMatchObject({
      read: 1,
      imported: 0,
      unchanged: 1,
      quarantined: 0,
      quarantine_file: null,
    });
  });

  it('refused whole is exit 2', async () => {
    const path = join(dir, 'headless.csv');
    writeFileSync(path, 'a,b\n1,2\n');
    const ended = await prakerja(`import otp ${path} --json`);
    expect(ended.code).toBe(2);
    expect(documentOf(ended)).toEqual({ error: expect.stringContaining('registration_id') });
  });

  it('leaves chunks open: the other queue backend is refused until they are done', async () => {
    const refused = await prakerja('run start --json', other);
    expect(refused.code).toBe(2);
    expect(documentOf(refused)).toEqual({ error: expect.stringContaining('works with BullMQ on redis') });
    expect((await prakerja('worker', other)).code).toBe(2);
    const decided = await prakerja('run start --wait --inline --json');
    expect(decided.code).toBe(0);
    expect((await prakerja('run start --wait --inline --json', other)).code).toBe(0);
    const explained = await prakerja('explain R1 --json', other);
    expect(documentOf(explained)).toMatchObject({
      registration_id: 'R1',
      decisions: [{ stage: 'dedupe', outcome: 'passed' }, { stage: 'email' }],
    });
  });
});

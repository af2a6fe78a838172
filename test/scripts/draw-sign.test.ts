import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { close } from '../../scripts/batch-close.ts';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { officeKey } from '../../scripts/batch-key.ts';
import { verify } from '../../scripts/batch-verify.ts';
import type { Report } from '../../scripts/command.ts';
import { BEACON, closedBatch, confirmedBatch, type Hall, hall, NOON } from '../helpers/batch.ts';

const STEPS = ['commitment', 'draw', 'decree'] as const;

async function closed(): Promise<{ here: Hall; dir: string }> {
  const here = await hall(4);
  return { here, dir: await closedBatch(here, 1, here.policy({}), here.quota('32,2'), [1, 4]) };
}

const drawn = (here: Hall) => here.at(NOON, () => draw('1', { beaconValue: BEACON }));

/** A command with a key of the office's own. */
function withKey(here: Hall, path: string, command: () => Promise<Report>): Promise<Report> {
  return here.at(NOON, async () => {
    process.env.SIGNING_KEY_FILE = path;
    return command();
  });
}

function newKey(here: Hall, name: string, type: 'ed25519' | 'x25519' = 'ed25519'): string {
  const key = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return here.file(name, key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** What anybody does without our program. @throws when a tool says no */
function checkWithTools(dir: string, step: string, key = 'office.pub'): void {
  execFileSync('sha256sum', ['-c', '--strict', '--quiet', `${step}.sha256`], { cwd: dir, stdio: 'pipe' });
  const words = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    key,
    '-rawin',
    '-in',
    `${step}.sha256`,
    '-sigfile',
    `${step}.sha256.sig`,
  ];
  execFileSync('openssl', words, { cwd: dir, stdio: 'pipe' });
}

const filesIn = (dir: string, step: string) =>
  readFileSync(join(dir, `${step}.sha256`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(66));

async function audited(here: Hall): Promise<string[]> {
  const { rows } = await here.database.pool.query(
    `select subject from audit where action = 'signing key' order by audit_id`,
  );
  return rows.map(({ subject }) => subject);
}

describe('what is published is signed', () => {
  it('at every step, so that sha256sum and openssl check it', async () => {
    const { here, dir } = await closed();
    checkWithTools(dir, 'commitment');
    expect(existsSync(join(dir, 'draw.sha256'))).toBe(false);
    await drawn(here);
    checkWithTools(dir, 'draw');
    await here.at(NOON, () => decree('1', { number: 'SK-1', by: 'ayu' }));
    expect(existsSync(join(dir, 'decree.sha256'))).toBe(false);
    await here.at(NOON, () => decree('1', { confirm: true, by: 'budi' }));
    checkWithTools(dir, 'decree');
    expect(filesIn(dir, 'commitment')).toEqual(['commitment.json', 'pool.csv', 'quota.csv']);
    expect(filesIn(dir, 'draw')).toEqual(['seed.json', 'result.csv']);
    expect(filesIn(dir, 'decree')).toContain('decree.csv');
    for (const step of STEPS) expect(statSync(join(dir, `${step}.sha256.sig`)).size).toBe(64);
  });

  it('with a published key everything verifies, and by another one nothing', async () => {
    const { here, dir } = await closed();
    await confirmedBatch(here, 1);
    const key = join(here.dir, 'published.pub');
    const shown = await here.at(NOON, () => officeKey({ out: key }));
    expect(readFileSync(key)).toEqual(readFileSync(join(dir, 'office.pub')));
    const verified = await verify(dir, { key });
    expect(verified).toMatchObject({ exitCode: 0, json: { notes: [] } });
    expect(verified.lines.join('\n')).toContain((shown.json as { fingerprint: string }).fingerprint);
    const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(await verify(dir, { key: here.file('other.pub', pem) })).toMatchObject({ exitCode: 1 });
    await expect(verify(dir, { key: here.file('none.pub', 'x') })).rejects.toMatchObject({ exitCode: 2 });
    await expect(verify(dir, { key: join(here.dir, 'nowhere') })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('interrupted and done again it has the same bytes', async () => {
    const { here, dir } = await closed();
    await drawn(here);
    const names = ['commitment.sha256', 'commitment.sha256.sig', 'draw.sha256', 'draw.sha256.sig', 'office.pub'];
    const bytes = () => names.map((name) => readFileSync(join(dir, name), 'latin1'));
    const before = bytes();
    await here.database.pool.query('delete from selections');
    await here.database.pool.query(`update batches set state = 'closed', drawn_at = null`);
    for (const name of names.slice(2)) rmSync(join(dir, name));
    await drawn(here);
    expect(bytes()).toEqual(before);
    expect(await audited(here)).toHaveLength(1);
  });
});

describe('the key', () => {
  it('is made at first use, for the office alone', async () => {
    const here = await hall(1);
    const path = join(here.dir, 'office-signing.key');
    const first = await here.at(NOON, () => officeKey({}));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await here.at(NOON, () => officeKey({}))).json).toEqual(first.json);
    expect(first.lines.join('\n')).toMatch(/public repository[\s\S]*proves nothing alone/);
    expect(await audited(here)).toEqual([]);
  });

  it('may change: the earlier lists are signed again, and both keys are in the audit log', async () => {
    const { here, dir } = await closed();
    const old = readFileSync(join(dir, 'office.pub'));
    const path = newKey(here, 'new.pem');
    const { fingerprint } = (await withKey(here, path, () => officeKey({}))).json as { fingerprint: string };
    await withKey(here, path, () => draw('1', { beaconValue: BEACON }));
    expect(readFileSync(join(dir, 'office.pub'))).not.toEqual(old);
    for (const step of ['commitment', 'draw']) checkWithTools(dir, step);
    expect(await verify(dir)).toMatchObject({ exitCode: 0 });
    expect((await audited(here))[1]).toBe(fingerprint);
    await here.at(NOON, () => decree('1', { number: 'SK-1', by: 'ayu' }));
    await here.at(NOON, () => decree('1', { confirm: true, by: 'budi' })); // with the first key again
    for (const step of STEPS) checkWithTools(dir, step);
    expect(readFileSync(join(dir, 'office.pub'))).toEqual(old);
  });

  it('may change after the decree too, when the proof of a value comes late', async () => {
    const { here, dir } = await closed();
    const minutes = here.file('minutes.txt', 'Dice: 4 2 6 6 1');
    const beaconValue = createHash('sha256').update(readFileSync(minutes)).digest('hex');
    await here.at(NOON, () => draw('1', { beaconValue }));
    await here.at(NOON, () => decree('1', { number: 'SK-1', by: 'ayu' }));
    await here.at(NOON, () => decree('1', { confirm: true, by: 'budi' }));
    await withKey(here, newKey(here, 'new.pem'), () => draw('1', { beaconFile: minutes }));
    for (const step of STEPS) checkWithTools(dir, step);
    expect(filesIn(dir, 'draw')).toEqual(['seed.json', 'beacon.txt', 'result.csv']);
    expect(await verify(dir, { key: join(dir, 'office.pub') })).toMatchObject({ exitCode: 0 });
  });

  it('that has changed signs no list that was changed, nor one with a stranger’s key beside it', async () => {
    const { here, dir } = await closed();
    const path = newKey(here, 'new.pem');
    const list = readFileSync(join(dir, 'commitment.sha256'), 'utf8');
    writeFileSync(join(dir, 'commitment.sha256'), list.replace('pool.csv', 'pile.csv'));
    const again = () => withKey(here, path, () => draw('1', { beaconValue: BEACON }));
    await expect(again()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('not what this office has signed'),
    });
    writeFileSync(join(dir, 'commitment.sha256'), list);
    const pub = readFileSync(join(dir, 'office.pub'));
    writeFileSync(
      join(dir, 'office.pub'),
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    );
    await expect(again()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('not a key of this office'),
    });
    writeFileSync(join(dir, 'office.pub'), pub);
    expect(await again()).toMatchObject({ exitCode: 0 });
  });

  it('that is none is refused before anything happens, naming the variable', async () => {
    const here = await hall(1);
    for (const path of [newKey(here, 'x.pem', 'x25519'), here.file('y.pem', 'x'), join(here.dir, 'nowhere')])
      await expect(withKey(here, path, () => officeKey({}))).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('SIGNING_KEY_FILE'),
      });
  });

  it('that has signed and is gone is not replaced silently', async () => {
    const { here } = await closed();
    rmSync(join(here.dir, 'office-signing.key'));
    await expect(drawn(here)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('SIGNING_KEY_FILE must be set'),
    });
    expect(existsSync(join(here.dir, 'draws', '1', 'seed.json'))).toBe(false);
    await expect(here.at(NOON, () => close('1', { again: true, by: 'ayu', note: 'x' }))).rejects.toMatchObject({
      exitCode: 2,
    });
  });
});

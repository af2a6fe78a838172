import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { verifyDraw } from '../../scripts/draw-verify.ts';
import { quicknet42 } from '../helpers/rounds.ts';
import { capped, close, drawInto, plant, scratch, wholeDraw } from '../scripts/draw-directory.ts';
import { checks, choose, textOf, verdict, visiting } from './verify-visit.ts';

const visit = visiting();

describe('the verification page', () => {
  it('finds a whole draw right, with every check as a sentence, in both languages', async () => {
    const dir = await wholeDraw();
    const { page } = await visit('id-ID');
    await choose(page, dir);
    expect(await verdict(page)).toBe('Undian ini benar: dihitung ulang dari berkasnya, hasilnya sama.');
    const indonesian = await checks(page);
    expect(indonesian).toContain('✓ Benar: setiap baris result.csv sama dengan undian ulang: 10 terpilih dari 40');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await verdict(page)).toBe('The draw is right: computed again from its files, it is the same.');
    const { checked, notes } = await verifyDraw(dir);
    const sentences = [...checked.map((one) => `✓ Right: ${one}`), ...notes.map((one) => `– Not checked: ${one}`)];
    expect((await checks(page)).toSorted()).toEqual(sentences.toSorted());
    expect(indonesian).toHaveLength(sentences.length);
  });

  it('shows the hash of the commitment, and says whether the published one is it', async () => {
    const dir = await wholeDraw();
    const { page } = await visit('en-GB');
    await choose(page, dir);
    const hash = createHash('sha256')
      .update(await readFile(join(dir, 'commitment.json')))
      .digest('hex');
    expect(await textOf(page, '#sha256')).toBe(hash);
    const published = page.getByLabel('The SHA-256 that was published');
    await published.fill(` ${hash.toUpperCase()}`);
    expect(await textOf(page, '#same')).toBe('It is the same.');
    await published.fill(`${hash.slice(1)}0`);
    expect(await textOf(page, '#same')).toContain('It is another one');
  });

  it('says that a draw has not taken place', async () => {
    const dir = join(await scratch(), '4');
    await close(dir);
    const { page } = await visit('en-GB');
    await choose(page, dir);
    expect(await verdict(page)).toBe('The commitment is right. The draw has not taken place yet.');
    expect(await page.locator('#person').isVisible()).toBe(false);
  });

  it('takes the next draw after a wrong one, and says when there is none among the files', async () => {
    const { page } = await visit('en-GB');
    const wrong = await wholeDraw();
    await plant(wrong, 'quota', (text) => text.replace('11,4', '11,5'));
    await choose(page, wrong);
    expect(await verdict(page)).toBe('The draw is not right.');
    await page.setInputFiles('#files', [{ name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('x') }]);
    await page.getByText('None of these files belongs to a draw').waitFor();
    expect(await page.locator('#outcome').isVisible()).toBe(false);
    await choose(page, await wholeDraw());
    expect(await verdict(page)).toContain('The draw is right');
  });
});

describe('what the office adds', () => {
  it('its signature and a round of drand are checked in the browser too', async () => {
    const dir = join(await scratch(), '4');
    await close(dir);
    await plant(dir, 'commitment', (text) => text.replace('manual:4', 'drand-quicknet:42'));
    await drawInto(dir, quicknet42.randomness);
    await writeFile(join(dir, 'beacon.json'), JSON.stringify(quicknet42));
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const hash = createHash('sha256').update(await readFile(join(dir, 'commitment.json')));
    const list = `${hash.digest('hex')}  commitment.json\n`;
    await writeFile(join(dir, 'office.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(join(dir, 'commitment.sha256'), list);
    await writeFile(join(dir, 'commitment.sha256.sig'), sign(null, Buffer.from(list), privateKey));
    const { page } = await visit('en-GB');
    await choose(page, dir);
    const found = (await checks(page)).join('\n');
    expect(found).toContain('✓ Right: beacon.json is drand-quicknet:42, signed by its network');
    expect((await checks(page)).at(-1)).toContain('pool.csv: is there, but commitment.sha256 does not name it');
    await writeFile(
      join(dir, 'beacon.json'),
      JSON.stringify({ ...quicknet42, signature: `00${quicknet42.signature.slice(2)}` }),
    );
    const { page: next } = await visit('en-GB');
    await choose(next, dir);
    expect((await checks(next)).at(-1)).toContain('beacon.json line 1:');
  });
});

describe('a difference', () => {
  it('two lines of the result exchanged are found and named, in both languages', async () => {
    const dir = await wholeDraw();
    await plant(dir, 'result', (text) => text.replace(/^(.*\n.*\n)(.*\n)(.*\n)/, '$1$3$2'));
    const { page } = await visit('id-ID');
    await choose(page, dir);
    expect(await verdict(page)).toBe('Undian ini tidak benar.');
    expect((await checks(page)).at(-1)).toMatch(
      /^✗ Tidak benar: result\.csv: .*Perbedaan pertama: result\.csv baris 3: tertulis "4,R\d+,.*", seharusnya "3,R/,
    );
    await page.getByRole('button', { name: 'English' }).click();
    expect((await checks(page)).at(-1)).toContain(`The first difference: ${(await verifyDraw(dir)).difference}`);
    expect(await page.locator('#person').isVisible()).toBe(false);
  });

  it('a person taken out of the decree', async () => {
    const dir = await wholeDraw();
    await plant(dir, 'decree', (text) => text.replace(/^.*\n/, ''));
    const { page } = await visit('id-ID');
    await choose(page, dir);
    expect((await checks(page)).at(-1)).toMatch(/Perbedaan pertama: decree\.csv baris 1: tertulis "R\d+,/);
  });

  it('what a file holds is text and never part of the page', async () => {
    const dir = await wholeDraw();
    await plant(dir, 'result', (text) => text.replace(/^.*/, '<img id="planted" src="x">'));
    const { page } = await visit('en-GB');
    await choose(page, dir);
    expect((await checks(page)).at(-1)).toContain('is "<img id="planted" src="x">"');
    expect(await page.locator('#planted').count()).toBe(0);
  });
});

describe('a directory of attempts', () => {
  async function attempts(): Promise<string> {
    const first = join(await scratch(), '4');
    await close(`${first}-2`, capped, 2, await close(first));
    await drawInto(`${first}-2`);
    return dirname(first);
  }

  it('offers the attempts, the drawn one first, and follows the chain of commitments', async () => {
    const { page } = await visit('en-GB');
    await page.setInputFiles('#directory', await attempts());
    const draws = page.getByLabel('Draw', { exact: true });
    expect(await draws.locator('option').allTextContents()).toEqual([
      expect.stringMatching(/\/4-2$/),
      expect.stringMatching(/\/4$/),
    ]);
    await page.getByRole('button', { name: 'Check this draw' }).click();
    await page.locator('#verdict').waitFor();
    expect(await checks(page)).toContain('✓ Right: attempt 1 is in 4/, as the commitment after it names it');
  });

  it('names an attempt that is missing, and says what to choose', async () => {
    const above = await attempts();
    const alone = join(await scratch(), 'draws');
    await cp(join(above, '4-2'), join(alone, '4-2'), { recursive: true });
    const { page } = await visit('en-GB');
    await page.setInputFiles('#directory', alone);
    await page.locator('#verdict').waitFor();
    const failed = (await checks(page)).at(-1);
    expect(failed).toContain('no directory beside it holds attempt 1 of batch 4');
    expect(failed).toContain('Choose the directory above');
  });
});

describe('one registration', () => {
  async function asked(page: Page, id: string): Promise<string> {
    const before = await textOf(page, '#answer');
    await page.locator('#registration').fill(id);
    await page.keyboard.press('Enter');
    await page.waitForFunction((text) => document.getElementById('answer')?.textContent !== text, before);
    return textOf(page, '#answer');
  }

  it('is explained: selected, on the waiting list, a stranger, no registration number', async () => {
    const dir = await wholeDraw();
    const lines = (await readFile(join(dir, 'result.csv'), 'utf8')).split('\n').map((line) => line.split(','));
    const { page } = await visit('id-ID');
    await choose(page, dir);
    const [, first = '', province, , ticket] = lines[0] ?? [];
    const selected = await asked(page, first);
    expect(selected).toContain('KeputusanTerpilih');
    expect(selected).toContain(`Peringkat1 dari 40Provinsi (kode)${province}`);
    expect(selected).toContain(ticket);
    expect(selected).toContain('Terpilih untuk tempat provinsi dan jalur Anda.');
    const waiting = await asked(page, lines[39]?.[1] ?? '');
    expect(waiting).toContain('KeputusanDi daftar tunggu');
    expect(waiting).toContain('40 dari 40 (nomor 30 di daftar tunggu)');
    expect(waiting).toMatch(/Tidak terpilih: tempat diberikan|Tidak terpilih walaupun|tidak ada tempat/);
    expect(await asked(page, 'R999')).toContain('R999 tidak ada di antara peserta undian ini');
    expect(await asked(page, 'R 1')).toContain('1 sampai 64 karakter');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await textOf(page, '#answer')).toContain('A registration_id has 1 to 64 of the characters');
  });

  it('is told what the decree says', async () => {
    const dir = await wholeDraw();
    const [removed = ''] = /^.*(?=,removed)/m.exec(await readFile(join(dir, 'decree.csv'), 'utf8')) ?? [];
    const { page } = await visit('id-ID');
    await choose(page, dir);
    expect(await asked(page, removed)).toContain('SK mengeluarkan Anda');
  });
});

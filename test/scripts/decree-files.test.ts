import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decree } from '../../scripts/batch-decree.ts';
import { verifyDraw } from '../../scripts/draw-verify.ts';
import { decreeDocumentText, parseDecreeDocument, pdfTexts } from '../../workers/assignment/rules.ts';
import { type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';
import { decreed, FILES, ONE_DAY_LATER, setAt, sha256, text } from './decree-directory.ts';

const confirm = (here: Hall, now = NOON) => here.at(now, () => decree('1', { confirm: true, by: 'budi' }));

describe('the files of a decree', () => {
  it('name the participants in the order of decree.csv, masked, and count and hash what was written', async () => {
    const { dir, removed, report } = await decreed();
    const participants = linesOf(dir, 'decree.csv').filter((line) => !line.includes(',removed,'));
    const annex = participants.map((line, i) => {
      const id = line.split(',')[0] ?? '';
      const n = Number(id.slice(1));
      return `${i + 1},${id},${n % 3 === 0 ? '11' : '32'},3273**********${nik(n).slice(-2)}`;
    });
    expect(linesOf(dir, 'annex.csv')).toEqual(annex);
    expect(annex).toHaveLength(5);
    expect(await text(dir, 'annex.csv')).not.toContain(removed);
    const counts = { selected: 5, confirmed: 4, removed: 1, promoted: 1, participants: 5, free: 0 };
    expect(JSON.parse(await text(dir, 'decree.json'))).toEqual({
      ...{ ...counts, batch: 1, decree: 'SK-1', set_at: '2020-09-15T05:00:00.000Z' },
      set_by: 'ayu (belum diverifikasi, not verified)',
      annex_sha256: sha256(await text(dir, 'annex.csv')),
      decree_csv_sha256: sha256(await text(dir, 'decree.csv')),
      commitment_sha256: sha256(await text(dir, 'commitment.json')),
      seed: JSON.parse(await text(dir, 'seed.json')).seed,
    });
    const { selected: _, ...told } = counts;
    expect(report.json).toMatchObject({ ...told, annex_sha256: sha256(await text(dir, 'annex.csv')) });
    const shown = pdfTexts(await readFile(join(dir, 'decree.pdf')));
    const setBy = 'Ditetapkan oleh: ayu (belum diverifikasi, not verified)';
    for (const one of ['SK-1', setBy, '11: 2', '32: 3', sha256(await text(dir, 'annex.csv'))])
      expect(shown).toContain(one);
    const verified = await verifyDraw(dir);
    expect(verified).toMatchObject({ ok: true });
    expect(verified.checked.join()).toContain('agree with decree.csv: decree SK-1, 5 participants');
  });

  it('never hold a whole NIK', async () => {
    const { dir, report } = await decreed();
    const all = await Promise.all(FILES.map((name) => readFile(join(dir, name), 'latin1')));
    const texts = [...all, ...pdfTexts(await readFile(join(dir, 'decree.pdf'))), JSON.stringify(report)];
    for (let n = 1; n <= 9; n++) expect(texts.filter((one) => one.includes(nik(n)))).toEqual([]);
  });

  it('are the same bytes when the decree is set again at the same moment, and another whole set later', async () => {
    const { here, dir } = await decreed();
    const read = () => Promise.all(FILES.map((name) => readFile(join(dir, name))));
    const first = await read();
    await setAt(here, NOON);
    expect(await read()).toEqual(first);
    await setAt(here, ONE_DAY_LATER, 'SK-2');
    expect((await read()).map((bytes, i) => bytes.equals(first[i] as Buffer))).toEqual([true, true, false, false]);
    expect(await verifyDraw(dir)).toMatchObject({ ok: true });
    expect((await confirm(here, ONE_DAY_LATER)).json).toMatchObject({ participants: 5 });
    expect(linesOf(dir, 'decree.sha256').map((line) => line.split('  ')[1])).toEqual(FILES);
    expect(await verifyDraw(dir)).toMatchObject({ ok: true });
  });

  it.each(FILES)('interrupted before %s: not confirmed; set again, they are whole', async (missing) => {
    const { here, dir } = await decreed();
    for (const name of FILES.slice(FILES.indexOf(missing))) await rm(join(dir, name));
    await expect(confirm(here)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('set the decree again'),
    });
    await setAt(here, NOON);
    expect(await verifyDraw(dir)).toMatchObject({ ok: true });
    expect((await confirm(here)).json).toMatchObject({ participants: 5 });
  });

  it('of a later set that never reached the database are not confirmed', async () => {
    const { here, dir } = await decreed();
    const document = parseDecreeDocument(await text(dir, 'decree.json'));
    await writeFile(join(dir, 'decree.json'), decreeDocumentText({ ...document, set_at: '2020-09-15T06:00:00.000Z' }));
    await expect(confirm(here)).rejects.toMatchObject({ exitCode: 2 });
  });

  it.each(['SK-四', 'SK\n1', ' ', 'S'.repeat(101)])('%j is no number of a decree', async (number) => {
    const here = await hall(0);
    await expect(setAt(here, NOON, number)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--number must'),
    });
  });
});

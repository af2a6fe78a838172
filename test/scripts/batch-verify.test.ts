import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verify } from '../../scripts/batch-verify.ts';
import { close, scratch, wholeDraw } from './draw-directory.ts';

/** Registration ids of decree.csv by what it decides. */
async function decreed(dir: string, decision: string): Promise<readonly string[]> {
  const lines = (await readFile(join(dir, 'decree.csv'), 'utf8')).split('\n');
  return lines.filter((line) => line.split(',')[1] === decision).map((line) => line.split(',')[0] as string);
}

describe('batch verify --registration', () => {
  it('explains a person who was removed, one who was promoted and one who was confirmed', async () => {
    const dir = await wholeDraw();
    const last = async (decision: string) => {
      const [registration = ''] = await decreed(dir, decision);
      return (await verify(dir, { registration })).lines.at(-1);
    };
    expect(await last('removed')).toMatch(/^The decree removes you, .*\(excluded_asn\): /);
    expect(await last('promoted')).toMatch(/^The decree promotes you to the place that R\d+ lost\.$/);
    expect(await last('confirmed')).toBe('The decree confirms the place.');
  });

  it('gives programs the facts and the sentences', async () => {
    const dir = await wholeDraw();
    const [registration = ''] = await decreed(dir, 'promoted');
    const { exitCode, json } = await verify(dir, { registration });
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      ok: true,
      registration: { registrationId: registration, decision: 'waiting_list', decree: { decision: 'promoted' } },
    });
  });

  it('says so of a stranger, of a draw still to come, and refuses what is no id', async () => {
    const dir = await wholeDraw();
    expect((await verify(dir, { registration: 'R999' })).lines.at(-1)).toContain('R999 is not in the pool');
    await expect(verify(dir, { registration: 'R 1' })).rejects.toThrow('has 1 to 64 of the characters');
    const undrawn = join(await scratch(), '4');
    await close(undrawn);
    expect((await verify(undrawn, { registration: 'R001' })).lines.at(-1)).toContain('has not taken place');
  });
});

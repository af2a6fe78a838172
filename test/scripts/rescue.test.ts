import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RescueOptions, rescuePropose } from '../../scripts/rescue.ts';
import { decideAll } from '../../scripts/run.ts';
import { testDatabase } from '../helpers/database.ts';
import { citizen, HEADER, importer, line } from '../helpers/import.ts';
import { officeEnvironment, temporaryDir, testOffice } from '../helpers/office.ts';
import { registryDesk, say } from '../helpers/registry-desk.ts';

// R1 typed one digit of the date wrong, R2 forgot the 40, R3 is not in the registry though everything agrees, R4 made
// a slip and the registry does not know what would be right either, R5 typed the KK in place of the NIK.

const woman = (serial: string) => `3273015505900${serial}`;
const people = [
  line({ registration_id: 'R1', nik: '3273015605900101', email: 'r1@example.com' }),
  line({ registration_id: 'R2', nik: '3273011505900102', email: 'r2@example.com' }),
  line({ registration_id: 'R3', nik: woman('103'), email: 'r3@example.com' }),
  line({ registration_id: 'R4', nik: '3273015605900104', email: 'r4@example.com' }),
  line({ registration_id: 'R5', nik: citizen.kk_number, email: 'r5@example.com' }),
];
const registry = [woman('101'), woman('102')].map(
  (nik) => `${nik},${citizen.kk_number},Siti,Bandung,1990-05-15,P,Sri,32,active`,
);
const REGISTRY_HEADER = 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status';
const NOON = '2020-09-15T12:00:00+07:00';

async function rejected(environment: Record<string, string> = {}, extract = true) {
  const database = await testDatabase(4, onTestFinished);
  const dir = temporaryDir(onTestFinished);
  const office = await testOffice(database, 'redis', environment, onTestFinished);
  const take = importer(database);
  const registryOnline = !extract;
  if (extract) await take('civil-registry', `${[REGISTRY_HEADER, ...registry].join('\n')}\n`);
  await take('registrations', `${[HEADER, ...people].join('\n')}\n`, { registryOnline });
  const delivered = [1, 2, 3, 4, 5].map((n) =>
    JSON.stringify({ registration_id: `R${n}`, type: 'delivered', at: NOON }),
  );
  await take('email-events', `${delivered.join('\n')}\n`);
  await decideAll(office, undefined, { wait: true, inline: true });
  const propose = async (options: RescueOptions) => {
    const before = process.env;
    process.env = { ...officeEnvironment(database, 'redis', dir), ...environment };
    try {
      return await rescuePropose(options);
    } finally {
      process.env = before;
    }
  };
  return { database, office, take, propose, out: join(dir, 'proposals.csv') };
}

const proposalsIn = (path: string) => {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((text) => text.split(',').slice(0, 4).join(',')).sort();
};

describe('rescue propose', () => {
  it('finds what one slip explains, confirms it in the extract, and writes proposals without the number', async () => {
    const { out, database, office, take, propose } = await rejected();
    const report = await propose({ out, by: 'sari' });
    expect(report.json).toMatchObject({
      rejected: 5,
      explained: 4,
      calls: 0,
      confirmed: 2,
      refuted: 2,
      certain: 1,
      proposals: 3,
    });
    expect(proposalsIn(out)).toEqual([
      'R1,nik_not_found,digit_changed,confirmed',
      'R2,nik_not_found,woman_40,confirmed',
      'R5,nik_not_found,kk_typed_as_nik,certain',
    ]);
    expect(readFileSync(out, 'utf8')).not.toMatch(/\d{6,}/);
    const { rows } = await database.pool.query('select to_jsonb(c)::text as row from rescue_candidates c');
    expect(JSON.stringify(rows)).not.toMatch(/327301/);

    // Nobody's registration was changed; the applicant's own correction decides again, and takes the proposal away.
    await take('corrections', `registration_id,field,value,at\nR1,nik,${woman('101')},${NOON}\n`);
    await decideAll(office, undefined, { wait: true, inline: true });
    const verdicts = await database.pool.query(
      `select registration_id || ' ' || outcome as v from verdicts_dukcapil join registrations using (reg) order by 1`,
    );
    expect(verdicts.rows.map(({ v }) => v)).toEqual([
      'R1 passed',
      ...['R2', 'R3', 'R4', 'R5'].map((id) => `${id} rejected`),
    ]);
    const again = await propose({ out, by: 'sari' });
    expect(again.json).toMatchObject({ rejected: 1, confirmed: 0, refuted: 0, proposals: 2 });
  });

  it('online: one look-up per candidate, behind the quota; who is left is asked about the next time', async () => {
    const known = new Set([woman('101'), woman('102')]);
    const desk = await registryDesk(
      (response, _, nik) =>
        known.has(nik)
          ? say(response, { NIK: 'Sesuai', NO_KK: 'Sesuai', TGL_LHR: 'Sesuai' })
          : say(response, { RESPONSE_CODE: '13' }),
      onTestFinished,
    );
    const { out, propose } = await rejected(desk.environment, false);
    const asked = desk.calls.length;
    const preview = await propose({ dryRun: true });
    expect(preview.json).toMatchObject({ explained: 4 });
    expect(existsSync(out)).toBe(false);
    expect(desk.calls.length).toBe(asked);
    const first = await propose({ out, by: 'sari', limit: '1' });
    expect(first.json).toMatchObject({ calls: 1, confirmed: 1 });
    expect(desk.calls.length).toBe(asked + 1);
    const second = await propose({ out, by: 'sari' });
    expect(second.json).toMatchObject({ unasked: 0, proposals: 3 });
    const third = await propose({ out, by: 'sari' });
    expect(third.json).toMatchObject({ calls: 0, proposals: 3 });
    const niks = desk.calls.slice(asked).map(({ nik }) => nik);
    expect(new Set(niks).size).toBe(niks.length);
  });

  it('refuses what it cannot do', () => {
    expect(() => rescuePropose({ by: 'sari' })).toThrow('--out');
    expect(() => rescuePropose({ out: 'x' })).toThrow('--by');
    expect(() => rescuePropose({ out: 'x', by: 'sari', reason: 'under_age' })).toThrow('--reason');
    expect(() => rescuePropose({ out: 'x', by: 'sari', limit: 'many' })).toThrow('--limit');
  });
});

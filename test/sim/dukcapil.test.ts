import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type DukcapilOptions, startDukcapil } from '../../sim/dukcapil.ts';
import { logLines, placeOf, stopping } from './helpers.ts';

const HEADER = 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status';
const PERSON = '3201014201900001';
const CIVIL = `${HEADER}
${PERSON},3201010101010001,SITI AMINAH,BOGOR,1990-01-02,P,FATIMAH,32,active
3201014201900011,3201010101010001,X,BOGOR,1990-01-02,P,Y,32,deceased
3201014201900012,3201010101010001,X,BOGOR,1990-01-02,P,Y,32,duplicate
3201014201900013,3201010101010001,X,BOGOR,1990-01-02,P,Y,32,deceased
3201014201900014,3201010101010001,X,BOGOR,1990-01-02,P,Y,32,inactive
3201014201900022,3201010101010001,X,BOGOR,1990-01-02,P,Y,32,active
3201014201900022,3201010101010002,X,BOGOR,1990-01-02,P,Y,32,active
`;
const LOGIN = { USER_ID: 'prakerja-sim', PASSWORD: 'sim-password', IP_USER: '127.0.0.1', TRESHOLD: '80' };

type Answer = { content: [Record<string, string>]; quotaLimiter: number };

async function start(options: DukcapilOptions = {}, rules?: unknown) {
  const place = placeOf({ 'civil-registry.csv': CIVIL }, rules);
  const sim = stopping(await startDukcapil(place, options));
  const url = `${sim.url}/dukcapil/get_json/${sim.credentials.customer}/CALL_VERIFY_BY_ELEMEN`;
  const post = (body: object | string): Promise<Response> =>
    fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const ask = async (fields: object): Promise<Answer> =>
    (await post({ ...LOGIN, ...fields })).json() as Promise<Answer>;
  return { place, sim, url, post, ask, answers: () => logLines(place.log, 'dukcapil.ndjson').map((l) => l.answer) };
}

describe('dukcapil', () => {
  it('compares what was asked and only that', async () => {
    const { ask, answers } = await start({ daily_quota: 10 });
    expect(
      await ask({ NIK: PERSON, NO_KK: '3201010101010001', NAMA_LGKP: 'Siti Aminah', TGL_LHR: '03-01-1990' }),
    ).toEqual({
      content: [{ NIK: 'Sesuai', NO_KK: 'Sesuai', NAMA_LGKP: 'Sesuai (100)', TGL_LHR: 'Tidak Sesuai' }],
      lastPage: true,
      numberOfElements: 1,
      sort: null,
      totalElements: 1,
      firstPage: true,
      number: 0,
      size: 1,
      quotaLimiter: 9,
    });
    const { content } = await ask({
      NIK: PERSON,
      NAMA_LGKP: 'SITI AMINA',
      NAMA_LGKP_IBU: 'ROHANI',
      TMPT_LHR: 'bogor',
      JENIS_KLMIN: 'Perempuan',
      NO_PROP: '32',
      TGL_LHR: '02-01-1990',
    });
    expect(content).toEqual([
      {
        NIK: 'Sesuai',
        NAMA_LGKP: 'Sesuai (90)',
        NAMA_LGKP_IBU: 'Tidak Sesuai (0)',
        TMPT_LHR: 'Sesuai (100)',
        JENIS_KLMIN: 'Sesuai',
        NO_PROP: 'Sesuai',
        TGL_LHR: 'Sesuai',
      },
    ]);
    expect(answers()).toEqual(['mismatch:TGL_LHR', 'mismatch:NAMA_LGKP_IBU']);
  });

  it('a name below TRESHOLD does not agree', async () => {
    const { ask } = await start();
    expect((await ask({ NIK: PERSON, NAMA_LGKP: 'SITI AMINA', TRESHOLD: '91' })).content[0].NAMA_LGKP).toBe(
      'Tidak Sesuai (90)',
    );
  });

  it.each([
    ['deceased', '3201014201900011', '11', 'Data Ditemukan, Meninggal Dunia'],
    ['duplicate', '3201014201900012', '12', 'Data Ditemukan, Data Ganda'],
    ['two different lines', '3201014201900022', '12', 'Data Ditemukan, Data Ganda'],
    ['unknown', '3201014201900099', '13', 'Data Tidak Ditemukan, NIK tidak terdapat di database Kependudukan'],
    ['inactive', '3201014201900014', '14', 'Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil'],
    ['no NIK at all', '32010142', '15', 'Data Tidak Ditemukan, NIK tidak sesuai format Dukcapil'],
  ])('%s', async (_, NIK, code, text) => {
    const styles = ['respon', 'code'] as const;
    for (const error_style of styles) {
      const { ask, answers } = await start({ error_style });
      const wanted = error_style === 'code' ? { RESPONSE_CODE: code, RESPONSE_DESC: text } : { RESPON: text };
      expect((await ask({ NIK, NO_KK: '1' })).content).toEqual([wanted]);
      expect(answers()).toEqual([code]);
    }
  });

  it('varies the form of errors as the gateways do', async () => {
    const { ask } = await start();
    const first = async (NIK: string) => (await ask({ NIK, NO_KK: '3201010101010001' })).content[0];
    expect(await first('3201014201900013')).toEqual({
      NIK: 'Sesuai',
      NO_KK: 'Sesuai',
      RESPON: 'Data Ditemukan, Meninggal Dunia',
    });
    expect(await first('3201014201900095')).toEqual({
      Response: ' DATA TIDAK DITEMUKAN,  NIK TIDAK TERDAPAT DI DATABASE KEPENDUDUKAN ',
    });
  });

  it.each([
    [{ PASSWORD: 'x' }, 'Login Gagal'],
    [{ USER_ID: 'x' }, 'Login Gagal'],
    [{ IP_USER: '10.0.0.1' }, 'IP Address Tidak Sesuai'],
    [{ NIK: '' }, 'Parameter Tidak Lengkap'],
    [{ TRESHOLD: undefined }, 'Parameter Tidak Lengkap'],
  ])('refuses %j without a charge', async (fields, text) => {
    const { ask } = await start({ daily_quota: 5 });
    expect(await ask({ NIK: PERSON, ...fields })).toMatchObject({ content: [{ RESPON: text }], quotaLimiter: 5 });
  });

  it('takes a NIK sent as a number, and knows no other path, customer or text', async () => {
    const { ask, post, url } = await start();
    expect((await ask({ NIK: Number(PERSON) })).content).toEqual([{ NIK: 'Sesuai' }]);
    expect(await (await post('{')).json()).toMatchObject({ content: [{ RESPON: 'Parameter Tidak Valid' }] });
    expect((await fetch(url)).status).toBe(404);
    const other = await fetch(url.replace('PRAKERJA-SIM', 'OTHER'), { method: 'POST', body: JSON.stringify(LOGIN) });
    expect(await other.json()).toMatchObject({ content: [{ RESPON: 'Instansi Tidak Aktif' }] });
  });

  it('uses up its quota, says 05, and starts full on the next WIB day', async () => {
    let clock = Date.parse('2020-09-15T23:59:59+07:00') * 1000;
    const { ask } = await start({ daily_quota: 2, error_style: 'code', clock_us: () => clock });
    expect((await ask({ NIK: PERSON })).quotaLimiter).toBe(1);
    expect((await ask({ NIK: PERSON })).quotaLimiter).toBe(0);
    expect(await ask({ NIK: PERSON })).toMatchObject({ content: [{ RESPONSE_CODE: '05' }], quotaLimiter: 0 });
    clock += 1_000_000;
    expect(await ask({ NIK: PERSON })).toMatchObject({ content: [{ NIK: 'Sesuai' }], quotaLimiter: 1 });
  });

  it('answers 429 beyond its rate in any sliding second, and logs it', async () => {
    let clock = 1_600_000_000_000_000;
    const { post, answers } = await start({ rate_per_second: 2, clock_us: () => clock });
    const statuses: number[] = [];
    for (const step of [0, 400_000, 599_999, 1, 0]) {
      clock += step;
      statuses.push((await post({ ...LOGIN, NIK: PERSON })).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
    expect(answers()).toEqual(['match', 'match', 'http_429', 'match', 'http_429']);
  });

  it('logs nothing of a person but the last four digits', async () => {
    const { ask, place } = await start();
    await ask({ NIK: PERSON, NO_KK: '3201010101010009', NAMA_LGKP: 'SITI AMINAH', TGL_LHR: '02-01-1990' });
    const [line = {}] = logLines(place.log, 'dukcapil.ndjson');
    expect(Object.keys(line)).toEqual(['at_us', 'nik_last4', 'answer']);
    expect(line.nik_last4).toBe('0001');
    expect(Number.isInteger(line.at_us) && Number(line.at_us) > 1e15).toBe(true);
    const text = readFileSync(join(place.log, 'dukcapil.ndjson'), 'utf8');
    for (const secret of [PERSON, PERSON.slice(0, 8), '3201010101010009', 'SITI', '02-01-1990']) {
      expect(text).not.toContain(secret);
    }
  });

  describe('faults', () => {
    const rule = (fault: string, value?: string) => [
      { counterpart: 'dukcapil', fault, share: 1, value, until_call: 1 },
    ];
    it.each([
      ['http_500', undefined, 500, 'Error'],
      ['http_429', undefined, 429, 'Error'],
      ['html', '502', 502, '<html>'],
      ['empty', undefined, 200, ''],
      ['empty', 'content', 200, '{"content":[]}'],
      ['truncated', undefined, 200, '{"content":[{"NIK":"Sesuai"}'],
      ['error_text', 'User ID Tidak Aktif', 200, '{"content":[{"RESPON":"User ID Tidak Aktif"}]'],
    ])('%s %s', async (fault, value, status, start_of_body) => {
      const { post, answers, ask } = await start({}, rule(fault, value));
      const response = await post({ ...LOGIN, NIK: PERSON });
      expect(response.status).toBe(status);
      expect((await response.text()).slice(0, start_of_body.length)).toBe(start_of_body);
      expect(answers()).toEqual([`fault:${fault}`]);
      expect((await ask({ NIK: PERSON })).content).toEqual([{ NIK: 'Sesuai' }]);
    });

    it('truncated is not JSON', async () => {
      const { post } = await start({}, rule('truncated'));
      await expect((await post({ ...LOGIN, NIK: PERSON })).json()).rejects.toThrow();
    });

    it('disconnect spends no quota, answer_lost does', async () => {
      for (const [fault, left] of [
        ['disconnect', 9],
        ['answer_lost', 8],
      ] as const) {
        const { post, ask } = await start({ daily_quota: 10 }, rule(fault));
        await expect(post({ ...LOGIN, NIK: PERSON })).rejects.toThrow();
        expect((await ask({ NIK: PERSON })).quotaLimiter).toBe(left);
      }
    });

    it('timeout keeps silent until the server goes', async () => {
      const { post, sim, answers } = await start({}, rule('timeout'));
      const silent = post({ ...LOGIN, NIK: PERSON }).then(
        () => 'answered',
        () => 'cut',
      );
      await vi.waitUntil(() => answers().length === 1);
      await sim.close();
      expect(await silent).toBe('cut');
    });
  });
});

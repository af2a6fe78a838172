import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { parseLosslessJson } from '../../../workers/dukcapil/lossless-json.ts';
import { decideDukcapil, type RegistryAnswer } from '../../../workers/dukcapil/rules.ts';
import { readAnswer, requestBody } from '../../../workers/dukcapil/wire.ts';

const question = {
  nik: '9671014512900001',
  kk_number: '9671010101100003',
  birth_date: '1990-12-05',
  full_name: 'SITI',
  name_score_min: 80,
};
const good: RegistryAnswer = { kind: 'record', status: 'active', kk_number: true, birth_date: true, name_score: 100 };
const fields = { NIK: 'Sesuai', NO_KK: 'Sesuai', TGL_LHR: 'Sesuai', NAMA_LGKP: 'Sesuai (100)' };

const read = (content: object, more: object = {}) =>
  readAnswer(JSON.stringify({ content: [content], ...more }), question);

describe('requestBody', () => {
  it('speaks the registry’s names and dates, and asks for nothing more', () => {
    const credentials = { userId: 'u', password: 'p', ipUser: '10.0.0.1' };
    expect(JSON.parse(requestBody(question, credentials))).toEqual({
      USER_ID: 'u',
      PASSWORD: 'p',
      IP_USER: '10.0.0.1',
      TRESHOLD: '80',
      NIK: question.nik,
      NO_KK: question.kk_number,
      NAMA_LGKP: 'SITI',
      TGL_LHR: '05-12-1990',
    });
    expect(JSON.parse(requestBody({ nik: question.nik }, credentials))).not.toHaveProperty('NO_KK');
  });
});

describe('readAnswer: fields', () => {
  it('reads an answer and the calls left', () => {
    expect(read(fields, { quotaLimiter: 56616 })).toEqual({ answer: good, quotaLeft: 56616 });
  });

  it.each<[string, object, object]>([
    ['keys in lower case', { nik: 'sesuai', no_kk: 'SESUAI', tgl_lhr: ' Sesuai ', Nama_Lgkp: 'sesuai  (100)' }, {}],
    ['"Tidak Sesuai" contains "Sesuai"', { ...fields, NO_KK: 'Tidak Sesuai' }, { kk_number: false }],
    ['blanks and case', { ...fields, TGL_LHR: 'TIDAK   sesuai' }, { birth_date: false }],
    ['a score', { ...fields, NAMA_LGKP: 'Sesuai (85)' }, { name_score: 85 }],
    ['a score below the threshold', { ...fields, NAMA_LGKP: 'Tidak Sesuai (72)' }, { name_score: 72 }],
    ['no score: the threshold was met', { ...fields, NAMA_LGKP: 'Sesuai' }, { name_score: 80 }],
    ['no score: it was not', { ...fields, NAMA_LGKP: 'Tidak Sesuai' }, { name_score: 0 }],
    ['a contradiction', { ...fields, NAMA_LGKP: 'Tidak Sesuai (100)' }, { name_score: null }],
    ['a field left out', { ...fields, NO_KK: undefined }, { kk_number: null }],
    ['a field nobody understands', { ...fields, NO_KK: 'Mungkin Sesuai' }, { kk_number: null }],
    ['a KK that is only similar', { ...fields, NO_KK: 'Sesuai (80)' }, { kk_number: null }],
    ['the value itself', { ...fields, NO_KK: question.kk_number, TGL_LHR: '05-12-1990' }, {}],
    [
      'another value',
      { ...fields, NO_KK: '9671010101100004', TGL_LHR: '06-12-1990' },
      { kk_number: false, birth_date: false },
    ],
  ])('%s', (_, content, expected) => expect(read(content).answer).toEqual({ ...good, ...expected }));

  it('does not spoil the numbers of Papua, which only differ above 2^53', () => {
    const body = (kk: string) =>
      `{"content":[{"NIK":${question.nik},"NO_KK":${kk},"TGL_LHR":"Sesuai","NAMA_LGKP":"Sesuai (100)"}]}`;
    expect(readAnswer(body('9671010101100003'), question).answer).toEqual(good);
    expect(readAnswer(body('9671010101100004'), question).answer).toMatchObject({ kk_number: false });
    expect(Number('9671010101100003')).toBe(Number('9671010101100004'));
  });

  it('trusts no answer about another NIK', () => {
    expect(read({ ...fields, NIK: '9671014512900002' }).answer.kind).toBe('not_understood');
    expect(read({ ...fields, NIK: 'Tidak Sesuai' }).answer.kind).toBe('not_understood');
  });
});

describe('readAnswer: errors', () => {
  const status = (kind: string) => ({
    kind: 'record',
    status: kind,
    kk_number: null,
    birth_date: null,
    name_score: null,
  });
  it.each([
    [{ RESPON: 'Kuota Akses Hari ini telah Habis' }, { kind: 'quota' }],
    [{ RESPONSE_CODE: '05' }, { kind: 'quota' }],
    [{ RESPONSE_CODE: 5 }, { kind: 'quota' }],
    [{ RESPONSE: 'DATA DITEMUKAN,  meninggal dunia' }, status('deceased')],
    [{ RESPONSE_CODE: '11', RESPONSE_DESC: 'Data Ditemukan, Meninggal Dunia' }, status('deceased')],
    [{ RESPON: 'Data Ditemukan, Data Ganda' }, status('duplicate')],
    [{ RESPON: 'Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil' }, status('inactive')],
    [{ RESPON: '14 - Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil' }, status('inactive')],
    [{ RESPON: 'Data Tidak Ditemukan' }, { kind: 'not_found' }],
    [{ RESPON: 'Data Tidak Ditemukan, NIK tidak terdapat di database Kependudukan' }, { kind: 'not_found' }],
    [{ RESPONSE_CODE: '15', RESPONSE_DESC: 'kata-kata baru' }, { kind: 'not_found' }],
    [{ respon: 'Login Gagal' }, { kind: 'unavailable', why: 'registry: login' }],
    [{ RESPON: 'IP Address Tidak Sesuai' }, { kind: 'unavailable', why: 'registry: ip address' }],
    [{ RESPON: 'Parameter Tidak Lengkap' }, { kind: 'unavailable', why: 'registry: parameters' }],
    [{ RESPON: 'Ada yang baru' }, { kind: 'not_understood', why: 'unknown registry error' }],
    [{ RESPONSE_CODE: '99' }, { kind: 'not_understood', why: 'unknown registry error' }],
    [
      { RESPONSE_CODE: '11', RESPONSE_DESC: 'Data Tidak Ditemukan' },
      { kind: 'not_understood', why: 'unknown registry error' },
    ],
    [{ RESPON: { a: 1 } }, { kind: 'not_understood', why: 'unknown registry error' }],
  ])('%j counts before the fields beside it', (error, expected) => {
    expect(read(error).answer).toEqual(expected);
    expect(read({ ...fields, ...error }).answer).toEqual(expected);
  });

  it('reads an error that stands outside content', () => {
    expect(readAnswer('{"RESPON":"Login Gagal"}', question).answer.kind).toBe('unavailable');
  });

  it.each([
    ['<html><body>502 Bad Gateway</body></html>'],
    ['{"content":[{"NIK":"Sesuai","NO_KK":"Sesu'],
    ['{"content":[]}'],
    ['{"content":[{}]}'],
    ['{"content":[null]}'],
    ['{"content":{"NIK":"Sesuai"}}'],
    [`{"content":[${JSON.stringify(fields)},${JSON.stringify(fields)}]}`],
    ['[]'],
    ['null'],
    ['"Sesuai"'],
    [''],
  ])('%s is not understood', (body) => expect(readAnswer(body, question).answer.kind).toBe('not_understood'));

  it('passes nobody and rejects nobody on noise, and repeats no personal data', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .dictionary(
          fc.constantFrom('NIK', 'NO_KK', 'TGL_LHR', 'RESPON', 'RESPONSE_CODE'),
          // One or two digits, whatever stands between, may be the registry's own code: that is an answer.
          fc.string().filter((text) => !/^\d{1,2}$/.test(text.replace(/[^a-z0-9]/gi, ''))),
        )
        .map((c) => JSON.stringify({ content: [c] })),
      fc
        .nat(JSON.stringify({ content: [fields] }).length - 1)
        .map((n) => JSON.stringify({ content: [fields] }).slice(0, n)),
    );
    fc.assert(
      fc.property(noise, (body) => {
        const { answer } = readAnswer(body, question);
        const { outcome } = decideDukcapil(question, answer, builtinPolicy.dukcapil);
        expect(outcome).toBe('waiting');
        expect(JSON.stringify(answer)).not.toMatch(/9671|SITI/);
      }),
    );
  });
});

describe('parseLosslessJson', () => {
  it('is JSON.parse with numbers as text', () => {
    const asText = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_, v: unknown) => (typeof v === 'number' ? String(v) : v));
    const value = fc
      .jsonValue({ noUnicodeString: false })
      .filter((v) => !JSON.stringify(v).includes('e-') && !/\d{16}|-0/.test(JSON.stringify(v)));
    fc.assert(
      fc.property(value, (v) => {
        expect(parseLosslessJson(JSON.stringify(v))).toEqual(asText(JSON.parse(JSON.stringify(v))));
      }),
    );
  });

  it('leaves digits in strings and keys alone', () => {
    expect(parseLosslessJson('{"a 12 \\" 34":"56,-7","b":[-1.5e3,9671010101100003]}')).toEqual({
      'a 12 " 34': '56,-7',
      b: ['-1.5e3', '9671010101100003'],
    });
  });

  it.each([['{1:2}'], ['01'], ['[1 2]'], ['-'], ['{"a":1']])('refuses %s as JSON.parse does', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(() => parseLosslessJson(text)).toThrow(SyntaxError);
  });
});

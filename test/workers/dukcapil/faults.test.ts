import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { createRegistryClient, type RegistryClientOptions } from '../../../workers/dukcapil/client.ts';
import { decideDukcapil, questionAbout } from '../../../workers/dukcapil/rules.ts';
import { certificate, certificateKey } from '../../helpers/certificate.ts';
import { type Clerk, registryDesk, say } from '../../helpers/registry-desk.ts';

// Each bad answer of the registry and the verdict that follows: what is not understood passes nobody and rejects nobody.

const person = {
  nik: '9271015505900001',
  kk_number: '9271010101100003',
  birth_date: '1990-05-15',
  full_name: 'SITI',
};
const policy = builtinPolicy.dukcapil;

async function verdictOf(url: string, options: Partial<RegistryClientOptions> = {}): Promise<string> {
  const client = createRegistryClient({
    url,
    customer: 'C',
    userId: 'u',
    password: 'p',
    ipUser: '10.0.0.1',
    timeoutMs: 300,
    ...options,
  });
  onTestFinished(() => client.close());
  const { answer } = await client.verify(questionAbout(person, policy));
  const { outcome, reason } = decideDukcapil(person, answer, policy);
  return `${outcome} ${reason}`.trim();
}

const whole = { NIK: 'Sesuai', NO_KK: 'Sesuai', TGL_LHR: 'Sesuai' };
const body = (text: string, status = 200): Clerk => {
  return (response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(text);
};
const fields = (content: object): Clerk => {
  return (response) => say(response, content);
};

const WAITS = 'waiting registry_unavailable';

it.each<[string, Clerk, string]>([
  ['the whole answer', fields(whole), 'passed'],
  [
    'keys and words in another case, with blanks',
    fields({ nik: ' SESUAI', no_kk: 'sesuai ', Tgl_Lhr: 'Sesuai' }),
    'passed',
  ],
  ['exact fields with a score of 100', fields({ ...whole, NO_KK: 'Sesuai (100)' }), 'passed'],
  ['a score below 100 beside "Sesuai" where it must be exact', fields({ ...whole, NO_KK: 'Sesuai (80)' }), WAITS],
  ['"Tidak Sesuai" contains "Sesuai"', fields({ ...whole, NO_KK: 'Tidak Sesuai' }), 'rejected kk_mismatch'],
  ['the other date', fields({ ...whole, TGL_LHR: 'Tidak Sesuai' }), 'rejected birth_date_mismatch'],
  [
    'Papua’s KK as a JSON number',
    body(`{"content":[{"NIK":${person.nik},"NO_KK":${person.kk_number},"TGL_LHR":"Sesuai"}]}`),
    'passed',
  ],
  [
    'one more in the last digit',
    body(`{"content":[{"NIK":${person.nik},"NO_KK":9271010101100004,"TGL_LHR":"Sesuai"}]}`),
    'rejected kk_mismatch',
  ],
  ['another NIK than was asked', fields({ ...whole, NIK: '9271015505900002' }), WAITS],
  ['a field that was asked is missing', fields({ NIK: 'Sesuai', NO_KK: 'Sesuai' }), WAITS],
  ['RESPON', fields({ RESPON: 'Data Tidak Ditemukan' }), 'rejected nik_not_found'],
  ['RESPONSE', fields({ RESPONSE: ' data  ditemukan,MENINGGAL dunia ' }), 'rejected nik_deceased'],
  ['a code alone', fields({ RESPONSE_CODE: '13' }), 'rejected nik_not_found'],
  [
    'an error beside fields that agree',
    fields({ ...whole, RESPON: 'Data Ditemukan, Data Ganda' }),
    'parked nik_duplicate_record',
  ],
  ['inactive', fields({ RESPONSE_CODE: '14' }), 'rejected nik_inactive'],
  ['the quota', fields({ RESPON: 'Kuota Akses Hari ini telah Habis' }), 'waiting registry_quota'],
  ['a wrong password of ours', fields({ RESPON: 'Login Gagal' }), WAITS],
  ['an address of ours that is not known', fields({ RESPON: 'IP Client Tidak terdaftar' }), WAITS],
  ['parameters of ours', fields({ RESPON: 'Parameter Tidak Lengkap' }), WAITS],
  ['an error nobody knows', fields({ ...whole, RESPON: 'Ada yang baru' }), WAITS],
  ['a code nobody knows', fields({ ...whole, RESPONSE_CODE: '99' }), WAITS],
  ['an error page with 200', body('<html><body>Gangguan</body></html>'), WAITS],
  ['a login page', body('<!DOCTYPE html><form action="/login">'), WAITS],
  ['a redirect to one', (response) => void response.writeHead(302, { location: '/login' }).end(), WAITS],
  ['truncated JSON', body('{"content":[{"NIK":"Sesuai","NO_KK":"Ses'), WAITS],
  ['empty content', body('{"content":[]}'), WAITS],
  ['no body', body(''), WAITS],
  ['two contents', body(JSON.stringify({ content: [whole, whole] })), WAITS],
  ['a good body with 500', body(JSON.stringify({ content: [whole] }), 500), WAITS],
  ['429', body('', 429), WAITS],
  ['a body without an end', body('x'.repeat(100_000)), WAITS],
  ['a cut connection', (response) => void response.destroy(), WAITS],
  ['silence', () => undefined, 'waiting registry_timeout'],
  [
    'a body that trickles',
    (response) => void response.writeHead(200).write('{"content":['),
    'waiting registry_timeout',
  ],
])('%s: %s', async (_, clerk, verdict) => {
  const { url } = await registryDesk(clerk, onTestFinished);
  expect(await verdictOf(url)).toBe(verdict);
});

async function secureDesk(): Promise<string> {
  const answer = (response: ServerResponse) => say(response, whole);
  const server = createServer({ cert: certificate, key: certificateKey }, (_, response) => answer(response));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const FINGERPRINT = '05:71:91:AF:A7:0C:F2:8A:BA:1A:8D:B3:83:13:C1:F7:9E:13:72:09:9B:D3:6B:8A:AE:EF:EC:A1:F5:71:05:FC';

it.each<[string, Partial<RegistryClientOptions>, string]>([
  ['signed by nobody we know', {}, WAITS],
  ['signed by our authority', { authority: certificate }, 'passed'],
  ['and pinned', { authority: certificate, pin: FINGERPRINT }, 'passed'],
  [
    'and pinned in the other spelling',
    { authority: certificate, pin: FINGERPRINT.replaceAll(':', '').toLowerCase() },
    'passed',
  ],
  ['pinned to another', { authority: certificate, pin: FINGERPRINT.replace(/^../, '00') }, WAITS],
])('a certificate %s', async (_, options, verdict) => {
  expect(await verdictOf(await secureDesk(), { ...options, timeoutMs: 5000 })).toBe(verdict);
});

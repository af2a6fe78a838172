import type { CivilRecord, Registry } from './registry.ts';
import { similarity } from './similarity.ts';

/** Who may call; all of it is the simulator's own, printed by `prakerja sim`. */
export type Credentials = {
  readonly customer: string;
  readonly user_id: string;
  readonly password: string;
  readonly ip_user: string;
};
/** How `content[0]` carries an error: real gateways differ (domain.md); `mixed` changes with the NIK's last digit. */
export type ErrorStyle = 'respon' | 'response' | 'code' | 'beside' | 'mixed';
type Fields = Record<string, string>;
/** `content`: the answer's first element; `log`: the short word for the log; `charged`: whether it cost quota. */
export type Verified = { readonly content: Fields; readonly log: string; readonly charged: boolean };

const TEXTS: Readonly<Record<string, string>> = {
  '05': 'Kuota Akses Hari ini telah Habis',
  '11': 'Data Ditemukan, Meninggal Dunia',
  '12': 'Data Ditemukan, Data Ganda',
  '13': 'Data Tidak Ditemukan, NIK tidak terdapat di database Kependudukan',
  '14': 'Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil',
  '15': 'Data Tidak Ditemukan, NIK tidak sesuai format Dukcapil',
};
const STATUS_CODES: Readonly<Record<string, string>> = { deceased: '11', duplicate: '12', inactive: '14' };
const STYLES = ['respon', 'response', 'code', 'beside'] as const;

/** Answers one CALL_VERIFY_BY_ELEMEN request (domain.md, "Dukcapil's verification service"). */
export function verify(
  customer: string,
  body: string,
  registry: Registry,
  credentials: Credentials,
  style: ErrorStyle,
  quotaLeft: number,
): Verified {
  const asked = readRequest(body);
  if (asked === undefined) return refusal('Parameter Tidak Valid');
  if (customer !== credentials.customer) return refusal('Instansi Tidak Aktif');
  if (asked.USER_ID !== credentials.user_id || asked.PASSWORD !== credentials.password) return refusal('Login Gagal');
  if (asked.IP_USER !== credentials.ip_user) return refusal('IP Address Tidak Sesuai');
  const nik = asked.NIK ?? '';
  if (nik === '' || asked.TRESHOLD === undefined) return refusal('Parameter Tidak Lengkap');
  if (quotaLeft <= 0) return { ...coded('05', nik, style, {}), charged: false };
  if (!/^\d{16}$/.test(nik)) return coded('15', nik, style, {});
  const record = registry.find(nik);
  if (record === undefined) return coded('13', nik, style, {});
  const compared = compare(asked, record);
  const code = STATUS_CODES[record.status];
  if (code !== undefined) return coded(code, nik, style, compared);
  const wrong = Object.keys(compared).filter((field) => compared[field]?.startsWith('Tidak'));
  return { content: compared, log: wrong.length === 0 ? 'match' : `mismatch:${wrong.join('+')}`, charged: true };
}

/** Keys upper-cased, values as text; a NIK sent as a JSON number is taken while it is exact, as Java's service does. */
function readRequest(body: string): Fields | undefined {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key.toUpperCase(), String(value ?? '')]));
  } catch {
    return undefined;
  }
}

function compare(asked: Fields, record: CivilRecord): Fields {
  const threshold = Number(asked.TRESHOLD);
  const content: Fields = {};
  for (const [field, value] of Object.entries(asked)) {
    if (field === 'NIK') content[field] = 'Sesuai';
    else if (field === 'NO_KK') content[field] = exact(value === record.kk_number);
    else if (field === 'TGL_LHR') content[field] = exact(value === record.birth_date.split('-').reverse().join('-'));
    else if (field === 'JENIS_KLMIN')
      content[field] = exact(value === (record.sex === 'P' ? 'Perempuan' : 'Laki-Laki'));
    else if (field === 'NO_PROP') content[field] = exact(value === record.province_code);
    else if (field === 'NAMA_LGKP') content[field] = scored(value, record.full_name, threshold);
    else if (field === 'NAMA_LGKP_IBU') content[field] = scored(value, record.mother_name, threshold);
    else if (field === 'TMPT_LHR') content[field] = scored(value, record.birth_place, threshold);
    // The extract has no address, so no address agrees with it.
    else if (field === 'ALAMAT') content[field] = 'Tidak Sesuai (0)';
  }
  return content;
}

function exact(same: boolean): string {
  return same ? 'Sesuai' : 'Tidak Sesuai';
}

function scored(value: string, truth: string, threshold: number): string {
  const score = similarity(value, truth);
  return score >= threshold ? `Sesuai (${score})` : `Tidak Sesuai (${score})`;
}

function refusal(text: string): Verified {
  return { content: { RESPON: text }, log: text, charged: false };
}

function coded(code: string, nik: string, wanted: ErrorStyle, compared: Fields): Verified {
  const text = TEXTS[code] as string;
  const style = wanted === 'mixed' ? (STYLES[Number(nik.at(-1)) % 4] ?? 'respon') : wanted;
  const contents: Record<(typeof STYLES)[number], Fields> = {
    respon: { RESPON: text },
    // Keys and blanks are not constant over the real gateways; a reader must fold them.
    response: { Response: ` ${text.toUpperCase().replace(', ', ',  ')} ` },
    code: { RESPONSE_CODE: code, RESPONSE_DESC: text },
    beside: { ...compared, RESPON: text },
  };
  return { content: contents[style], log: code, charged: true };
}

/** What an error in an answer means; the last five are our faults or theirs, never the applicant's. */
export type ErrorClass =
  | 'quota'
  | 'deceased'
  | 'duplicate'
  | 'not_found'
  | 'inactive'
  | 'login'
  | 'ip address'
  | 'user'
  | 'parameters'
  | 'not_understood';

/** Codes and texts of domain.md, "Dukcapil's verification service". */
const byCode: Readonly<Record<string, ErrorClass>> = {
  '05': 'quota',
  '11': 'deceased',
  '12': 'duplicate',
  '13': 'not_found',
  '14': 'inactive',
  '15': 'not_found',
};

const byText: ReadonlyMap<string, ErrorClass> = new Map(
  (
    [
      ['Kuota Akses Hari ini telah Habis', 'quota'],
      ['Data Ditemukan, Meninggal Dunia', 'deceased'],
      ['Data Ditemukan, Data Ganda', 'duplicate'],
      ['Data Tidak Ditemukan, NIK tidak terdapat di database Kependudukan', 'not_found'],
      ['Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil', 'inactive'],
      ['Data Tidak Ditemukan, NIK tidak sesuai format Dukcapil', 'not_found'],
      ['Data Tidak Ditemukan', 'not_found'],
      ['Login Gagal', 'login'],
      ['IP Address Tidak Sesuai', 'ip address'],
      ['IP Client Tidak terdaftar', 'ip address'],
      ['User ID Tidak Aktif', 'user'],
      ['Instansi Tidak Aktif', 'user'],
      ['Parameter Tidak Lengkap', 'parameters'],
      ['Parameter Tidak Valid', 'parameters'],
      ['Parameter Tidak Lengkap / Tidak Valid', 'parameters'],
    ] as const
  ).map(([text, kind]) => [fold(text), kind]),
);

/** Texts that only say that the fields follow. */
const noError: ReadonlySet<string> = new Set([fold('Data Ditemukan')]);

const KEYS = ['RESPON', 'RESPONSE', 'RESPONSE_CODE', 'RESPONSE_DESC'];

/**
 * The error in the members of an answer; null when there is none.
 * A code and a text that are both known must agree; what is not known is `not_understood`, whatever stands beside it:
 * a real client passed people on unknown errors.
 */
export function classOfError(fields: ReadonlyMap<string, unknown>): ErrorClass | null {
  const found = new Set<ErrorClass>();
  let unknown = false;
  for (const key of KEYS) {
    const value = fields.get(key);
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string') return 'not_understood';
    const text = fold(value);
    if (noError.has(text)) continue;
    const kind = classOfText(text);
    if (kind === null) unknown = true;
    else found.add(kind);
  }
  const [first, ...others] = found;
  if (others.length > 0) return 'not_understood';
  // An unknown text beside a known code is a new wording; alone it means nothing.
  return first ?? (unknown ? 'not_understood' : null);
}

function classOfText(text: string): ErrorClass | null {
  const byWhole = byText.get(text) ?? byCode[text.padStart(2, '0')];
  if (byWhole !== undefined) return byWhole;
  // "13 - Data Tidak Ditemukan, …": code and text in one member.
  const [, code, rest] = /^(\d{2})(\D.*)$/.exec(text) ?? [];
  const ofCode = code === undefined ? undefined : byCode[code];
  return ofCode !== undefined && ofCode === byText.get(rest ?? '') ? ofCode : null;
}

/** Case, blanks and punctuation do not count. */
function fold(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

import fc from 'fast-check';
import type { StatementLine } from '../../../../workers/payout/statement/index.ts';

/** A movement as a test means it; the writers below put it into each bank's words. */
export interface Movement {
  readonly day: string;
  readonly amountIdr: bigint;
  readonly direction: 'debit' | 'credit';
  readonly reference: string;
  readonly text: string;
  /** BCA only: not booked yet. */
  readonly pending: boolean;
  /** Wallets only. */
  readonly failed: boolean;
}

/** How the file is written. */
export interface Manner {
  readonly style: 'english' | 'indonesian';
  readonly separator: ',' | ';';
  readonly lineEnd: '\n' | '\r\n';
  readonly opening: bigint;
  /** Which order the columns stand in: sort keys. */
  readonly order: readonly number[];
  /** After how many rows the header comes again. */
  readonly page: number;
  /** BCA only: what is pending is in the totals and the balances. */
  readonly counted?: boolean;
}

export const movements = fc.array(
  fc.record({
    day: fc.constantFrom('2020-12-30', '2020-12-31', '2021-01-01', '2021-01-04'),
    amountIdr: fc.bigInt({ min: 1n, max: 10n ** 10n }),
    direction: fc.constantFrom('debit' as const, 'credit' as const),
    reference: fc.stringMatching(/^P[0-9A-Z]{15}$/),
    text: fc.stringMatching(/^[A-Z][A-Za-z,;." é]{0,20}[a-z]$/),
    pending: fc.boolean(),
    failed: fc.boolean(),
  }),
  { maxLength: 8 },
);

export const manners = fc.record({
  style: fc.constantFrom('english' as const, 'indonesian' as const),
  separator: fc.constantFrom(',' as const, ';' as const),
  lineEnd: fc.constantFrom('\n' as const, '\r\n' as const),
  opening: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  order: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
  page: fc.integer({ min: 1, max: 5 }),
  counted: fc.boolean(),
});

function money(amount: bigint, style: Manner['style']): string {
  const whole = `${amount < 0n ? '-' : ''}${String(amount < 0n ? -amount : amount).replace(/\B(?=(\d{3})+$)/g, ',')}.00`;
  return style === 'english' ? whole : whole.replace(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'));
}

const dayMonth = (day: string) => `${day.slice(8)}/${day.slice(5, 7)}`;
const signed = (one: Movement) => (one.direction === 'debit' ? -one.amountIdr : one.amountIdr);
const sum = (all: readonly Movement[], direction: 'debit' | 'credit') =>
  all.filter((one) => one.direction === direction).reduce((total, one) => total + one.amountIdr, 0n);

/** Lines of cells as a file; the columns of the table are shuffled, its header comes again on each page. */
function file(
  manner: Manner,
  before: readonly string[],
  table: readonly (readonly [name: string, cells: readonly string[]])[],
  after: readonly (readonly string[])[],
): string {
  const { separator, lineEnd, order, page } = manner;
  const columns = table.map((column, i) => ({ column, key: order[i] ?? 0 })).sort((a, b) => a.key - b.key);
  const quoted = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(separator);
  const header = quoted(columns.map(({ column }) => column[0]));
  const rows = (table[0]?.[1] ?? []).map((_, i) => quoted(columns.map(({ column }) => column[1][i] ?? '')));
  const paged = rows.flatMap((row, i) =>
    i > 0 && i % page === 0 ? [`Halaman ${i / page} dari 9`, header, row] : [row],
  );
  const lines = [...before.map((text) => quoted([text])), '', header, ...paged, ...after.map(quoted), ''];
  return lines.join(lineEnd);
}

export function writeBca(all: readonly Movement[], manner: Manner): string {
  const { style, opening, counted = false } = manner;
  const booked = all.filter((one) => counted || !one.pending);
  let balance = opening;
  const balances = all.map((one) => {
    if (!counted && one.pending) return '';
    balance += signed(one);
    return money(balance, style);
  });
  const amounts = all.map((one) => `${money(one.amountIdr, style)} ${one.direction === 'debit' ? 'DB' : 'CR'}`);
  const count = (direction: string) => String(booked.filter((one) => one.direction === direction).length);
  return file(
    manner,
    [
      'Informasi Rekening - Mutasi Rekening',
      'No. rekening : 0353520838',
      'Periode : 30/12/2020 - 04/01/2021',
      'Kode Mata Uang : Rp',
    ],
    [
      ['Tanggal Transaksi', all.map((one) => (one.pending ? 'PEND' : dayMonth(one.day)))],
      ['Keterangan', all.map((one) => `${one.text} ${one.reference}`)],
      ['Cabang', all.map(() => '0000')],
      ['Jumlah', amounts],
      ['Saldo', balances],
    ],
    [
      [`Saldo Awal : ${money(opening, style)}`],
      [`Mutasi Debet : ${money(sum(booked, 'debit'), style)}`, count('debit')],
      [`Mutasi Kredit : ${money(sum(booked, 'credit'), style)}`, count('credit')],
      [`Saldo Akhir : ${money(balance, style)}`],
    ],
  );
}

/** BNI's balances are rows of the table: the first and the last. */
export function writeBni(all: readonly Movement[], manner: Manner): string {
  const { style, opening } = manner;
  const closing = all.reduce((balance, one) => balance + signed(one), opening);
  const nothing = style === 'english' ? '.00' : ',00';
  const framed = <T>(first: T, each: readonly T[], last: T) => [first, ...each, last];
  const side = (direction: string) =>
    all.map((one) => (one.direction === direction ? money(one.amountIdr, style) : nothing));
  const at = (day: string) => `${dayMonth(day)}/${day.slice(2, 4)} 10.00.00`;
  const days = framed(
    '2020-12-30',
    all.map((one) => one.day),
    '2021-01-04',
  ).map(at);
  return file(
    manner,
    [],
    [
      ['Post Date', days],
      ['Value Date', days],
      [
        'Branch',
        framed(
          '',
          all.map(() => '0988'),
          '',
        ),
      ],
      [
        'Journal No.',
        framed(
          '',
          all.map((_, i) => String(i)),
          '',
        ),
      ],
      [
        'Description',
        framed(
          'SALDO AWAL',
          all.map((one) => `${one.text} ${one.reference}`),
          'Saldo Akhir',
        ),
      ],
      ['Debit', framed(nothing, side('debit'), closing < 0n ? money(-closing, style) : nothing)],
      ['Credit', framed(money(opening, style), side('credit'), closing < 0n ? nothing : money(closing, style))],
    ],
    [],
  );
}

/** `plain`: as Mandiri exports it, without balances. */
export function writeMandiri(all: readonly Movement[], manner: Manner, plain = false): string {
  const { style, opening } = manner;
  let balance = opening;
  const balances = all.map((one) => {
    balance += signed(one);
    return money(balance, style);
  });
  const side = (direction: string) =>
    all.map((one) => (one.direction === direction ? money(one.amountIdr, style) : style === 'english' ? '.00' : ',00'));
  return file(
    manner,
    [],
    [
      ['Account No', all.map(() => '0060003911777')],
      ['Date', all.map((one) => `${dayMonth(one.day)}/${one.day.slice(2, 4)}`)],
      ['Val. Date', all.map((one) => `${dayMonth(one.day)}/${one.day.slice(2, 4)}`)],
      ['Transaction Code', all.map(() => '6902')],
      ['Description', all.map((one, i) => (i % 2 === 0 ? one.text : one.reference))],
      ['Description', all.map((one, i) => (i % 2 === 0 ? one.reference : one.text))],
      ['Reference No.', all.map(() => '')],
      ['Debit', side('debit')],
      ['Credit', side('credit')],
      ...(plain ? [] : ([['Balance', balances]] as const)),
    ],
    plain
      ? []
      : [
          ['Opening Balance', money(opening, style)],
          ['Total Debit', money(sum(all, 'debit'), style)],
          ['Total Credit', money(sum(all, 'credit'), style)],
          ['Closing Balance', money(balance, style)],
        ],
  );
}

export function writeBri(all: readonly Movement[], manner: Manner): string {
  const { style, opening } = manner;
  let balance = opening;
  const chain = all.map((one) => {
    const before = balance;
    balance += signed(one);
    return { before: money(before, style), after: money(balance, style) };
  });
  const side = (direction: string) => all.map((one) => money(one.direction === direction ? one.amountIdr : 0n, style));
  return file(
    manner,
    [],
    [
      ['NOREK', all.map(() => '058801037081508')],
      ['TGL_TRANSAKSI', all.map((one) => `${one.day} 23:44:44`)],
      ['SEQ', all.map((_, i) => String(i))],
      ['DESKRIPSI', all.map((one) => `${one.text} ${one.reference}`)],
      ['SALDO_AWAL', chain.map((one) => one.before)],
      ['DEBET', side('debit')],
      ['KREDIT', side('credit')],
      ['SALDO_AKHIR', chain.map((one) => one.after)],
    ],
    [],
  );
}

export function writeWallet(all: readonly Movement[], manner: Manner): string {
  const { style } = manner;
  const moved = all.filter((one) => !one.failed);
  const status = ({ failed, direction }: Movement) =>
    failed ? 'FAILED' : direction === 'debit' ? 'SETTLED' : 'REVERSED';
  const total = sum(moved, 'debit') - sum(moved, 'credit');
  return file(
    manner,
    ['Merchant ID : M-1', 'Periode : 30/12/2020 s/d 04/01/2021'],
    [
      ['PARTNER_REFERENCE_NO', all.map((one) => one.reference)],
      ['SETTLEMENT_BATCH_ID', all.map((_, i) => `B-${i}`)],
      ['GROSS_AMOUNT', all.map((one) => money(one.amountIdr, style))],
      ['FEE', all.map(() => money(1_000n, style))],
      ['STATUS', all.map(status)],
      ['SETTLED_AT', all.map((one) => (one.failed ? '' : `${one.day}T12:00:00+07:00`))],
      ['CUSTOMER_NO', all.map(() => '081234567890')],
      ['CUSTOMER_NAME', all.map((one) => one.text)],
      ['REASON', all.map((one) => (status(one) === 'REVERSED' ? 'AC04 closed' : ''))],
    ],
    [
      ['TOTAL', money(total, style)],
      ['Total Records', String(all.length)],
    ],
  );
}

/** What every reader must say about a movement. */
export function told(line: StatementLine | Movement) {
  const isLine = 'kind' in line;
  return {
    day: isLine ? line.bookingDate : line.day,
    amountIdr: line.amountIdr,
    direction: line.direction,
    reference: line.reference,
  };
}

import { eachLine, splitCsv } from './files.ts';

const NIK = /^\d{16}$/;
const BLOCK_BYTES = 64 << 20;
const LOAD_MAX = 0.6;

/** One line of civil-registry.csv (contract.md section 3), every field as text. */
export type CivilRecord = {
  readonly kk_number: string;
  readonly full_name: string;
  readonly birth_place: string;
  readonly birth_date: string;
  readonly sex: string;
  readonly mother_name: string;
  readonly province_code: string;
  readonly status: string;
};
export type Registry = { readonly size: number; find(nik: string): CivilRecord | undefined };

/**
 * Loads DIR/civil-registry.csv (or .csv.gz; missing: empty). Two different lines of one NIK make its status
 * `duplicate` (contract.md section 4); the same line twice is one line. A quoted field may not hold a line break.
 *
 * The lines stay bytes in 64 MiB blocks and the index is an open-addressing table in typed arrays: a Map cannot hold
 * the nation (V8 stops at 16.7 million entries) and costs about three times the memory.
 * @throws Error when the header lacks the column nik.
 */
export async function loadRegistry(dir: string): Promise<Registry> {
  const store = newLines();
  const index = newIndex();
  let columns: string[] | undefined;
  const addLine = (line: Buffer): void => {
    if (line.length === 0) return;
    if (columns === undefined) {
      columns = splitCsv(line.toString().replace(/^\uFEFF/, ''));
      if (!columns.includes('nik')) throw new Error('civil-registry.csv: the header has no column nik');
      return;
    }
    const nik = nikOf(line, columns.indexOf('nik'));
    // A NIK of another form can be in nobody's question: the service answers code 15 before it looks.
    if (!NIK.test(nik)) return;
    const present = index.get(nik);
    if (present === undefined) index.set(nik, store.add(line), false);
    else if (!store.get(present.at).equals(line)) index.set(nik, present.at, true);
  };
  await eachLine(dir, 'civil-registry.csv', addLine);
  return {
    get size() {
      return index.size();
    },
    find(nik) {
      const entry = index.get(nik);
      if (entry === undefined || columns === undefined) return undefined;
      const fields = splitCsv(store.get(entry.at).toString());
      const record = Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? '']));
      return (entry.duplicate ? { ...record, status: 'duplicate' } : record) as CivilRecord;
    },
  };
}

function nikOf(line: Buffer, place: number): string {
  if (place === 0 && line[16] === 0x2c) return line.toString('latin1', 0, 16);
  return splitCsv(line.toString())[place] ?? '';
}

function newLines(): { add(line: Buffer): number; get(at: number): Buffer } {
  const blocks: Buffer[] = [];
  let used = BLOCK_BYTES;
  return {
    add(line) {
      if (used + line.length + 2 > BLOCK_BYTES) {
        blocks.push(Buffer.allocUnsafe(BLOCK_BYTES));
        used = 0;
      }
      const block = blocks.at(-1) as Buffer;
      const at = (blocks.length - 1) * BLOCK_BYTES + used;
      block.writeUInt16LE(line.length, used);
      line.copy(block, used + 2);
      used += line.length + 2;
      return at;
    },
    get(at) {
      const block = blocks[Math.floor(at / BLOCK_BYTES)] as Buffer;
      const from = at % BLOCK_BYTES;
      return block.subarray(from + 2, from + 2 + block.readUInt16LE(from));
    },
  };
}

type Index = {
  size(): number;
  get(nik: string): { at: number; duplicate: boolean } | undefined;
  set(nik: string, at: number, duplicate: boolean): void;
};

/** NIK (two halves of eight digits, each below 2^32) to the position of its line. */
function newIndex(): Index {
  let capacity = 1 << 12;
  let count = 0;
  let high = new Uint32Array(capacity);
  let low = new Uint32Array(capacity);
  // Position + 1, negative when the NIK has two different lines; 0 is a free slot.
  let position = new Float64Array(capacity);

  const slotOf = (h: number, l: number): number => {
    let slot = (Math.imul(h, 0x9e3779b1) ^ Math.imul(l, 0x85ebca77)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & (capacity - 1);
    while (position[slot] !== 0 && (high[slot] !== h || low[slot] !== l)) slot = (slot + 1) & (capacity - 1);
    return slot;
  };
  const grow = (): void => {
    const old = { high, low, position };
    capacity *= 2;
    high = new Uint32Array(capacity);
    low = new Uint32Array(capacity);
    position = new Float64Array(capacity);
    old.position.forEach((value, i) => {
      if (value === 0) return;
      const slot = slotOf(old.high[i] as number, old.low[i] as number);
      high[slot] = old.high[i] as number;
      low[slot] = old.low[i] as number;
      position[slot] = value;
    });
  };
  return {
    size: () => count,
    get(nik) {
      const value = position[slotOf(Number(nik.slice(0, 8)), Number(nik.slice(8)))] as number;
      return value === 0 ? undefined : { at: Math.abs(value) - 1, duplicate: value < 0 };
    },
    set(nik, at, duplicate) {
      if (count >= capacity * LOAD_MAX) grow();
      const h = Number(nik.slice(0, 8));
      const l = Number(nik.slice(8));
      const slot = slotOf(h, l);
      if (position[slot] === 0) count += 1;
      high[slot] = h;
      low[slot] = l;
      position[slot] = duplicate ? -(at + 1) : at + 1;
    },
  };
}

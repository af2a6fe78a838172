/** Names that sound Indonesian and belong to nobody: the family words mean "example", "made up", "supposed". */

const MEN =
  'Budi Agus Joko Slamet Eko Dwi Tri Hendra Rizki Dedi Yusuf Iwan Andi Bayu Wayan Made Ketut Asep Ujang Togar'.split(
    ' ',
  );
const WOMEN =
  'Siti Sri Dewi Rina Wati Ayu Nur Fitri Lestari Putu Kadek Neneng Yuni Indah Ratna Mega Tuti Wulan Desi Rosa'.split(
    ' ',
  );
const MIDDLE = 'Adi Sandi Purna Setya Guna Cahya Mulya Surya Bakti Jaya Karya Utama Sukma Wira Laksa Darma'.split(' ');
const FAMILY =
  'Contohwan Rekayasa Misalkan Andaian Umpama Fiktifa Simulasa Perumpama Karangan Tiruan Bayangan Samaran Khayalan Dugaan Cobawan Ujiansyah Rekaan Pengandai Contohsari Semu'.split(
    ' ',
  );
const APOSTROPHE = ["Nur'aini", "Ma'ruf", "Sya'ban", "Jum'at", "Mu'min"];
const TITLES = ['S.Pd.', 'S.E.', 'A.Md.', 'S.Kom., M.M.'];
const FOREIGN = ['Renée', 'José', 'Zoë', 'Łucja', 'Nuñez', 'Anđela', '李'];

function pick(list: readonly string[], bits: number): string {
  return list[bits % list.length] as string;
}

/**
 * A full name from two random numbers. Some have a single word or letter, an apostrophe, a title after a comma,
 * a nickname in quotes, or a letter outside ASCII: all of these are ordinary, and each has broken an importer.
 */
export function nameOf(woman: boolean, bits: number, kind: number): string {
  const first = pick(woman ? WOMEN : MEN, bits & 0xff);
  const family = pick(FAMILY, (bits >>> 8) & 0xff);
  const share = kind & 1023;
  if (share < 600) return `${first} ${pick(MIDDLE, (bits >>> 16) & 0xff)} ${family}`;
  if (share < 900) return `${first} ${family}`;
  if (share < 970) return family;
  if (share < 990) return `${pick(APOSTROPHE, bits >>> 24)} ${family}`;
  if (share < 1012) return `${first} ${family}, ${pick(TITLES, bits >>> 24)}`;
  if (share < 1018) return `${first} "${pick(MIDDLE, bits >>> 24)}" ${family}`;
  if (share < 1022) return `${pick(FOREIGN, bits >>> 24)} ${family}`;
  return String.fromCharCode(65 + (bits % 26));
}

/** The mother's name: one or two words. */
export function motherOf(bits: number): string {
  const first = pick(WOMEN, bits & 0xff);
  return bits >>> 31 ? `${first} ${pick(FAMILY, (bits >>> 8) & 0xff)}` : first;
}

/** A word for the address before the @: plain ASCII. */
export function addressWord(bits: number): string {
  return pick(ADDRESS_WORDS, bits & 0xffff);
}

const ADDRESS_WORDS = [...MEN, ...WOMEN, ...MIDDLE].map((word) => word.toLowerCase());

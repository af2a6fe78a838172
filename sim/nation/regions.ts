/** The 34 provinces of 2020 with their regency codes of that year. Source of the weights: kompas 2021/02/26, antara (Bengkulu). */

interface Province {
  /** Two digits, Kemendagri's code of 2020. */
  readonly code: string;
  readonly name: string;
  /** Recipients of 2020 in hundreds: the weight of the province among applicants and in the quota. */
  readonly weight: number;
  /** Regencies (01 to 69) and cities (71 to 99), ranges inclusive. */
  readonly regencies: string;
  readonly places: readonly string[];
}

export interface Region {
  /** Four digits: province and regency. */
  readonly code: string;
  readonly province: string;
  readonly places: readonly string[];
}

function province(code: string, name: string, weight: number, regencies: string, places: string): Province {
  return { code, name, weight, regencies, places: places.split('|') };
}

export const PROVINCES: readonly Province[] = [
  province('11', 'Aceh', 1284, '01-18,71-75', 'Banda Aceh|Sigli|Lhokseumawe|Meulaboh|Langsa'),
  province('12', 'Sumatera Utara', 2511, '01-25,71-78', 'Medan|Binjai|Tarutung|Sibolga|Pematangsiantar'),
  province('13', 'Sumatera Barat', 1276, '01-12,71-77', 'Padang|Bukittinggi|Solok|Payakumbuh'),
  province('14', 'Riau', 1334, '01-10,71-72', 'Pekanbaru|Dumai|Bengkalis|Tembilahan'),
  province('15', 'Jambi', 869, '01-09,71-72', 'Jambi|Sungai Penuh|Muara Bungo'),
  province('16', 'Sumatera Selatan', 1573, '01-13,71-74', 'Palembang|Lubuk Linggau|Prabumulih|Baturaja'),
  province('17', 'Bengkulu', 738, '01-09,71', 'Bengkulu|Curup|Manna'),
  province('18', 'Lampung', 1224, '01-13,71-72', 'Bandar Lampung|Metro|Kotabumi|Kalianda'),
  province('19', 'Kepulauan Bangka Belitung', 580, '01-06,71', 'Pangkalpinang|Sungailiat|Tanjungpandan'),
  province('21', 'Kepulauan Riau', 831, '01-05,71-72', 'Batam|Tanjungpinang|Karimun|Ranai'),
  province('31', 'DKI Jakarta', 5425, '01,71-75', 'Jakarta|Jakarta Timur|Jakarta Selatan|Kepulauan Seribu'),
  province('32', 'Jawa Barat', 7934, '01-18,71-79', 'Bandung|Bogor|Cirebon|Tasikmalaya|Garut|Karawang|Sukabumi'),
  province('33', 'Jawa Tengah', 4500, '01-29,71-76', 'Semarang|Surakarta|Tegal|Magelang|Kudus|Cilacap'),
  province('34', 'DI Yogyakarta', 986, '01-04,71', 'Yogyakarta|Sleman|Bantul|Wates'),
  province('35', 'Jawa Timur', 6515, '01-29,71-79', 'Surabaya|Malang|Kediri|Jember|Banyuwangi|Madiun|Pamekasan'),
  province('36', 'Banten', 1685, '01-04,71-74', 'Serang|Tangerang|Cilegon|Rangkasbitung'),
  province('51', 'Bali', 1127, '01-08,71', 'Denpasar|Singaraja|Gianyar|Tabanan'),
  province('52', 'Nusa Tenggara Barat', 1071, '01-08,71-72', 'Mataram|Bima|Praya|Sumbawa Besar'),
  province('53', 'Nusa Tenggara Timur', 771, '01-21,71', 'Kupang|Ende|Maumere|Ruteng|Waingapu'),
  province('61', 'Kalimantan Barat', 993, '01-12,71-72', 'Pontianak|Singkawang|Sintang|Ketapang'),
  province('62', 'Kalimantan Tengah', 861, '01-13,71', 'Palangka Raya|Sampit|Pangkalan Bun'),
  province('63', 'Kalimantan Selatan', 1393, '01-11,71-72', 'Banjarmasin|Banjarbaru|Martapura|Kandangan'),
  province('64', 'Kalimantan Timur', 1119, '01-03,07-09,11,71-72,74', 'Samarinda|Balikpapan|Bontang|Tenggarong'),
  province('65', 'Kalimantan Utara', 297, '01-04,71', 'Tarakan|Nunukan|Tanjung Selor'),
  province('71', 'Sulawesi Utara', 836, '01-11,71-74', 'Manado|Bitung|Tomohon|Kotamobagu'),
  province('72', 'Sulawesi Tengah', 728, '01-12,71', 'Palu|Poso|Luwuk|Toli-Toli'),
  province('73', 'Sulawesi Selatan', 2423, '01-18,22,24,26,71-73', 'Makassar|Parepare|Palopo|Ujung Pandang|Bone'),
  province('74', 'Sulawesi Tenggara', 871, '01-15,71-72', 'Kendari|Baubau|Kolaka|Raha'),
  province('75', 'Gorontalo', 643, '01-05,71', 'Gorontalo|Limboto|Marisa'),
  province('76', 'Sulawesi Barat', 702, '01-06', 'Mamuju|Majene|Polewali'),
  province('81', 'Maluku', 590, '01-09,71-72', 'Ambon|Tual|Masohi'),
  province('82', 'Maluku Utara', 165, '01-08,71-72', 'Ternate|Tidore|Tobelo'),
  province('91', 'Papua', 141, '01-28,71', 'Jayapura|Wamena|Merauke|Nabire|Burmeso|Waghete'),
  province('92', 'Papua Barat', 76, '01-12,71', 'Manokwari|Sorong|Fakfak'),
];

/** "from Deiyai and Mamberamo": these are never missing, however small the nation. */
const FAR_REGENCIES: ReadonlySet<string> = new Set(['9120', '9121', '9128']);
const FAR_WEIGHT = 4;

function expand(ranges: string): string[] {
  return ranges.split(',').flatMap((range) => {
    const [first = '', last = first] = range.split('-');
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, n) =>
      String(Number(first) + n).padStart(2, '0'),
    );
  });
}

interface Weighted {
  readonly region: Region;
  readonly weight: number;
}

function weighted(of: Province): Weighted[] {
  const regions = expand(of.regencies).map((regency) => ({
    code: of.code + regency,
    province: of.code,
    places: of.places,
  }));
  const parts = regions.map((region) => (FAR_REGENCIES.has(region.code) ? FAR_WEIGHT : 1));
  const sum = parts.reduce((total, part) => total + part, 0);
  return regions.map((region, at) => ({ region, weight: (of.weight * (parts[at] as number)) / sum }));
}

const GUIDE_SIZE = 65_536;

function buildGuide(): Region[] {
  const all = PROVINCES.flatMap(weighted);
  const total = all.reduce((sum, one) => sum + one.weight, 0);
  const guide: Region[] = [];
  let reached = 0;
  for (const { region, weight } of all) {
    reached += weight;
    const end = Math.round((reached / total) * GUIDE_SIZE);
    while (guide.length < end) guide.push(region);
  }
  return guide;
}

const GUIDE = buildGuide();

/** The region at a quantile (0 in, 1 out), by the weight of its province. */
export function regionAt(quantile: number): Region {
  return GUIDE[(quantile * GUIDE_SIZE) | 0] as Region;
}

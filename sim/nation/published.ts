/** What was said in public about the real programme on 15 September 2020 (batches 1 to 8). */

interface PublishedFigure {
  /** The key of `funnel --json` that it is compared with. */
  readonly key: string;
  readonly label: string;
  /** People, or rupiah for `incentive_paid_idr`. */
  readonly value: number;
  readonly source: string;
}

const DETIK = 'detik d-5174362, 15 September 2020';
const CNN = 'cnnindonesia 20200915191743, 15 September 2020';

/** People who tried to register: the size that every other figure is scaled by. */
export const NATION = 23_171_233;

/** The published funnel, top to bottom. */
export const PUBLISHED: readonly PublishedFigure[] = [
  { key: 'registered', label: 'tried to register', value: NATION, source: DETIK },
  { key: 'email_verified', label: 'e-mail verified', value: 18_000_000, source: `${DETIK}; ${CNN}` },
  { key: 'nik_valid', label: 'NIK valid at Dukcapil', value: 13_400_000, source: `${DETIK}; ${CNN}` },
  { key: 'layer3_passed', label: 'passed layer 3', value: 12_000_000, source: `${DETIK}; ${CNN}` },
  { key: 'joined', label: 'joined a batch', value: 12_000_000, source: `${DETIK}; ${CNN}` },
  { key: 'participants', label: 'participants by decree', value: 3_880_918, source: CNN },
  { key: 'training', label: 'in training', value: 3_250_000, source: CNN },
  { key: 'completed', label: 'completed a training', value: 2_000_000, source: CNN },
  { key: 'incentive_recipients', label: 'received an incentive', value: 1_200_000, source: CNN },
  { key: 'incentive_paid_idr', label: 'incentive paid (Rp)', value: 1_600_000_000_000, source: CNN },
];

/** The published figures as they would be in a nation of `applicants` registrations, rounded. */
export function publishedScaled(applicants: number): Record<string, number> {
  return Object.fromEntries(PUBLISHED.map(({ key, value }) => [key, Math.round((value * applicants) / NATION)]));
}

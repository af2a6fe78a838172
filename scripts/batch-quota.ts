import { refuse } from '../jobs/errors.ts';
import { provinceCodes } from '../jobs/nik.ts';
import { largestRemainder } from '../workers/assignment/rules.ts';
import { done, type Report } from './command.ts';
import { writeWhole } from './draw-files.ts';
import { provinceRows } from './quota-file.ts';

export interface QuotaOptions {
  readonly weights: string;
  readonly places: string;
  readonly out: string;
}

const PLACES = /^\d{1,9}$/;
/** Unemployed people, cases, vacancies: whole numbers, however large. */
const WEIGHT = /^\d{1,18}$/;

/**
 * `batch quota`: apportions places to provinces by largest remainder from `province_code,weight[,minimum]`, and writes
 * the quota.csv that `batch open` takes. The sum is exact, whatever the weights.
 */
export async function quota({ weights: path, places, out }: QuotaOptions): Promise<Report> {
  if (!PLACES.test(places)) throw refuse('--places must be a whole number of places');
  const lines = await readWeights(path);
  const weights = lines.map(({ province, weight }) => ({ key: province, weight }));
  const minima = new Map(lines.flatMap(({ province, minimum }) => (minimum === 0 ? [] : [[province, minimum]])));
  const shares = apportion(weights, Number(places), minima);
  const sorted = shares.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  await writeWhole(out, ['province_code,quota\n', ...sorted.map(({ key, seats }) => `${key},${seats}\n`)]);
  const raised = shares.filter(({ key, seats }) => minima.get(key) === seats).map(({ key }) => key);
  return done(
    { places: Number(places), provinces: shares.length, at_minimum: raised, file: out },
    `${places} places were apportioned to ${shares.length} provinces by largest remainder; ${out} holds the quotas.`,
    ...(raised.length > 0 ? [`At their minimum: ${raised.join(', ')}.`] : []),
    'Next: "prakerja batch open N --policy FILE --quota FILE".',
  );
}

function apportion(...terms: Parameters<typeof largestRemainder>): ReturnType<typeof largestRemainder> {
  try {
    return largestRemainder(...terms);
  } catch (error) {
    if (error instanceof RangeError) throw refuse(`no quota can be made of these weights: ${error.message}`);
    throw error;
  }
}

interface WeightLine {
  readonly province: string;
  readonly weight: bigint;
  readonly minimum: number;
}

/** @throws exit 2 naming the line */
async function readWeights(path: string): Promise<WeightLine[]> {
  const rows = await provinceRows('weights', path);
  return rows.map(({ province_code, weight, minimum = '' }, i) => {
    const where = `weights file, line ${i + 2}`;
    if (province_code === undefined || weight === undefined)
      throw refuse('the weights file needs the columns province_code and weight');
    if (!provinceCodes.has(province_code)) throw refuse(`${where}: there is no province "${province_code}"`);
    if (!WEIGHT.test(weight)) throw refuse(`${where}: the weight must be a whole number`);
    if (minimum !== '' && !PLACES.test(minimum)) throw refuse(`${where}: the minimum must be a whole number of places`);
    return { province: province_code, weight: BigInt(weight), minimum: Number(minimum) };
  });
}

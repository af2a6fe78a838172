import { refuse } from '../jobs/errors.ts';
import { checkNation, generateNation } from '../sim/nation/index.ts';
import { done, type Report } from './command.ts';
import { startProgress } from './progress.ts';

export interface GenerateOptions {
  readonly applicants: string;
  readonly seed: string;
  readonly first: string;
  readonly out: string;
  readonly profile: string;
}

/** `generate`: a synthetic nation, or a later wave of it; the same seed, size and first make the same bytes. */
export async function generate(options: GenerateOptions): Promise<Report> {
  const applicants = whole('--applicants', options.applicants, 100_000_000);
  const seed = whole('--seed', options.seed, Number.MAX_SAFE_INTEGER, 0);
  const first = whole('--first', options.first, Number.MAX_SAFE_INTEGER, 0);
  if (options.profile !== 'national-2020') throw refuse('the only profile is national-2020');
  refuseImpossible({ applicants, seed, first });
  const progress = startProgress('generate', 'registrations', applicants);
  try {
    const summary = await generateNation({
      applicants,
      seed,
      first,
      out: options.out,
      profile: options.profile,
      onProgress: (n: number) => progress.update(n),
    });
    return done(
      summary,
      `${applicants} registrations and everything that belongs to them are in ${options.out}; truth.csv says how each must end.`,
    );
  } finally {
    progress.end();
  }
}

/** @throws exit 2 for a nation that cannot be, before anything is written */
function refuseImpossible(nation: Parameters<typeof checkNation>[0]): void {
  try {
    checkNation(nation);
  } catch (error) {
    throw error instanceof RangeError ? refuse(error.message) : error;
  }
}

/** @throws exit 2 unless the text is a whole number in range */
export function whole(option: string, text: string, max: number, min = 1): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || value < min || value > max)
    throw refuse(`${option} must be a whole number from ${min} to ${max}`);
  return value;
}

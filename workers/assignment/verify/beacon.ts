import { PrakerjaError } from '../../../jobs/errors.ts';
import { beaconFileName, checkBeacon } from '../beacon.ts';
import { type Commitment, parseSeed } from '../commitment.ts';
import { drandRound } from '../drand.ts';
import { drawFile } from '../files.ts';
import { Difference, same, utf8, type VerifyRun, within } from './run.ts';

/** The value that was drawn with is the one the committed beacon published, as far as the files prove it. */
export async function verifyBeacon(run: VerifyRun, { beacon }: Commitment): Promise<void> {
  const signed = isDrand(beacon);
  const file = beaconFileName(beacon);
  const bytes = await run.bytes(file);
  if (bytes === undefined) {
    if (signed) run.found({ key: 'beaconUnchecked', facts: { beacon, file } });
    return;
  }
  const value = await within(file, () => checkBeacon(beacon, bytes));
  const seed = await run.bytes(drawFile.seed);
  const { beacon_value } = await within(drawFile.seed, () => parseSeed(utf8(seed ?? new Uint8Array())));
  same(beacon_value, value, `${drawFile.seed} line 1: beacon_value`, `value of ${beacon} in ${file}`);
  run.found({ key: 'beacon', facts: { beacon, file, signed } });
}

/** Whoever commits to "drand:soon" commits to nothing: for the commands a refusal, here a difference. */
function isDrand(beacon: string): boolean {
  try {
    return drandRound(beacon) !== undefined;
  } catch (error) {
    if (error instanceof PrakerjaError) throw new Difference(`${drawFile.commitment} line 1: beacon ${error.message}`);
    throw error;
  }
}

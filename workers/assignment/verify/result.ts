import { parseSeed } from '../commitment.ts';
import { drawFile } from '../files.ts';
import { hexText } from '../lines.ts';
import type { Pool } from '../pool.ts';
import { type DrawResult, ResultChecker } from '../result.ts';
import { seedOf } from '../tickets.ts';
import type { ReadCommitment } from './commitment.ts';
import { Difference, same, utf8, type VerifyRun, within } from './run.ts';

/** seed.json follows from the commitment. @returns the seed, 32 bytes; undefined when the draw has not taken place */
export async function verifySeed(run: VerifyRun, { bytesWithoutLf }: ReadCommitment): Promise<Uint8Array | undefined> {
  const bytes = await run.bytes(drawFile.seed);
  if (bytes === undefined) {
    for (const name of [drawFile.result, drawFile.decree]) {
      if (await run.has(name)) throw new Difference(`${drawFile.seed}: is missing, although ${name} is there`);
    }
    run.found({ key: 'undrawn', facts: {} });
    return undefined;
  }
  const published = await within(drawFile.seed, () => parseSeed(utf8(bytes)));
  const seed = seedOf(bytesWithoutLf, published.beacon_value);
  same(published.seed, hexText(seed), `${drawFile.seed} line 1: seed`, 'one computed again');
  run.found({ key: 'seed', facts: {} });
  return seed;
}

/** result.csv has every line as drawn again. */
export async function verifyResult(run: VerifyRun, pool: Pool, result: DrawResult): Promise<void> {
  await run.read(drawFile.result, new ResultChecker(pool, result));
  run.found({ key: 'result', facts: { selected: result.selectedCount, people: pool.size } });
}

import { type Commitment, parseCommitment } from '../commitment.ts';
import { drawFile, poolHint } from '../files.ts';
import { LineError } from '../lines.ts';
import type { Pool } from '../pool.ts';
import { PoolBuilder } from '../pool-builder.ts';
import { type ProvinceQuota, QuotaReader } from '../quota.ts';
import type { Sibling } from '../source.ts';
import { Difference, same, utf8, type VerifyRun, within } from './run.ts';

export interface ReadCommitment {
  readonly commitment: Commitment;
  /** What the seed is computed from. */
  readonly bytesWithoutLf: Uint8Array;
}

/** commitment.json is canonical. */
export async function verifyCommitment(run: VerifyRun): Promise<ReadCommitment> {
  const bytes = await run.bytes(drawFile.commitment);
  if (bytes === undefined) throw new Difference(`${drawFile.commitment}: is missing`);
  const commitment = await within(drawFile.commitment, () => parseCommitment(utf8(bytes)));
  run.found({ key: 'commitment', facts: { batch: commitment.batch, attempt: commitment.attempt } });
  return { commitment, bytesWithoutLf: bytes.subarray(0, -1) };
}

/** pool.csv is the one committed to. */
export async function verifyPool(run: VerifyRun, commitment: Commitment): Promise<Pool> {
  const size = (await run.source.size(drawFile.pool)) ?? 0;
  const builder = new PoolBuilder(commitment.policy, poolHint(size, commitment.pool_size));
  await run.read(drawFile.pool, builder);
  const pool = builder.finish();
  same(await run.hash(drawFile.pool), commitment.pool_sha256, `${drawFile.pool}: SHA-256`, 'pool_sha256 committed to');
  if (pool.size !== commitment.pool_size) {
    throw new Difference(
      `${drawFile.commitment} line 1: pool_size is ${commitment.pool_size}, the pool holds ${pool.size}`,
    );
  }
  run.found({ key: 'pool', facts: { people: pool.size } });
  return pool;
}

/** quota.csv is the one committed to. */
export async function verifyQuota(run: VerifyRun, commitment: Commitment): Promise<readonly ProvinceQuota[]> {
  const reader = new QuotaReader();
  await run.read(drawFile.quota, reader);
  const quota = reader.finish();
  same(
    await run.hash(drawFile.quota),
    commitment.quota_sha256,
    `${drawFile.quota}: SHA-256`,
    'quota_sha256 committed to',
  );
  run.found({ key: 'quota', facts: { provinces: quota.length } });
  return quota;
}

/**
 * `previous` leads back to attempt 1 through the directories beside, whatever their names: hashes name them. None of them
 * was drawn, nor one that follows this where this was: else somebody could have chosen among two draws.
 */
export async function verifyChain(run: VerifyRun, commitment: Commitment): Promise<void> {
  const siblings = (await run.source.siblings()).map((sibling) => withHash(run, sibling));
  await verifyEarlier(run, commitment, siblings);
  await verifyLater(run, siblings);
}

async function verifyEarlier(
  run: VerifyRun,
  commitment: Commitment,
  siblings: readonly HashedSibling[],
): Promise<void> {
  let current = commitment;
  while (current.previous !== null) {
    const wanted = { attempt: current.attempt - 1, batch: current.batch, sha256: current.previous };
    const found = siblings.find((sibling) => sibling.sha256 === wanted.sha256);
    if (found === undefined) throw new Difference(missingSibling(current, siblings));
    const name = `${found.name}/${drawFile.commitment}`;
    current = await within(name, () => parseCommitment(found.text));
    if (current.batch !== wanted.batch || current.attempt !== wanted.attempt) {
      const is = `batch ${current.batch}, attempt ${current.attempt}`;
      throw new Difference(`${name} line 1: is ${is}, must be batch ${wanted.batch}, attempt ${wanted.attempt}`);
    }
    if (found.drawn) throw twoDraws(found.name, current);
    run.found({ key: 'chain', facts: { attempt: current.attempt, directory: found.name } });
  }
}

/** Whoever is shown one attempt learns of those after it that lie beside it. */
async function verifyLater(run: VerifyRun, siblings: readonly HashedSibling[]): Promise<void> {
  const drawn = await run.has(drawFile.seed);
  let before = [await run.hash(drawFile.commitment)];
  while (before.length > 0) {
    const later = siblings.flatMap((sibling) => {
      const commitment = readable(sibling.text);
      return commitment?.previous && before.includes(commitment.previous) ? [{ sibling, commitment }] : [];
    });
    for (const { sibling, commitment } of later) {
      if (drawn && sibling.drawn) throw twoDraws(sibling.name, commitment);
      run.found({ key: 'later', facts: { attempt: commitment.attempt, directory: sibling.name } });
    }
    before = later.map(({ sibling }) => sibling.sha256);
  }
}

function twoDraws(directory: string, { attempt, batch }: Commitment): Difference {
  return new Difference(
    `${directory}/${drawFile.seed}: is there, so attempt ${attempt} was drawn too: two draws of batch ${batch}`,
  );
}

/** What lies beside a draw may be anything; what is no commitment follows none. */
function readable(text: string): Commitment | undefined {
  try {
    return parseCommitment(text);
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

interface HashedSibling {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
  readonly drawn: boolean;
}

function withHash(run: VerifyRun, { name, commitment, drawn }: Sibling): HashedSibling {
  const hash = run.source.sha256();
  hash.update(commitment);
  return { name, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(commitment), sha256: hash.hex(), drawn };
}

function missingSibling(current: Commitment, siblings: readonly HashedSibling[]): string {
  const attempt = current.attempt - 1;
  const start = `{"attempt":${attempt},"batch":${current.batch},`;
  const near = siblings.find((sibling) => sibling.text.startsWith(start));
  const instead = near
    ? `attempt ${attempt} in ${near.name}/${drawFile.commitment} has ${near.sha256}`
    : `no directory beside it holds attempt ${attempt} of batch ${current.batch}`;
  return `${drawFile.commitment} line 1: previous of attempt ${current.attempt} is ${current.previous}, but ${instead}`;
}

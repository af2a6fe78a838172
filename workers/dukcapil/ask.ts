import pLimit from 'p-limit';
import { createBatcher } from '../../jobs/batcher.ts';
import { canonicalJson, type Json, sha256Hex } from '../../jobs/canonical.ts';
import { isWellFormedNik } from '../../jobs/nik.ts';
import type { Policy } from '../../jobs/policy.ts';
import { addHours } from '../../jobs/time.ts';
import type { RegistryAnswer } from './answer.ts';
import type { RegistryClient } from './client.ts';
import { questionAbout } from './rules.ts';
import { chargeCalls, type KeptAnswer, keepAnswers, keptAnswers, noteQuotaLeft, type Row } from './store.ts';

type Db = Parameters<typeof keptAnswers>[0];

export interface Limiter {
  permit(signal: AbortSignal): Promise<void>;
  pause(seconds: number): Promise<void>;
}

export interface Asking {
  readonly client: RegistryClient;
  readonly limiter: Limiter;
  readonly dailyQuota: number | undefined;
}

interface Context {
  readonly now: Date;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

const CALLS_AT_ONCE = 16;
/** A longer "stay away" is kept to this: the next call asks again. */
const PAUSE_SECONDS_MAX = 30;
/** "Not found" speaks for the NIK whatever else was asked: it is kept under this question. */
const ANY = '';
const DAY_HOURS = 24;

/** What a chunk will ask: decided, and charged to the quota, before the first call. */
export interface Plan {
  readonly answers: Map<string, RegistryAnswer>;
  readonly calls: readonly Row[];
}

/** Uses kept answers where they still speak for the same values, and charges the rest to the day's quota. */
export async function plan(db: Db, rows: readonly Row[], asking: Asking, { now, policy }: Context): Promise<Plan> {
  const wellFormed = rows.filter((row) => isWellFormedNik(row.nik));
  const since = addHours(now, -policy.dukcapil.reuse_days * DAY_HOURS);
  const kept = await keptAnswers(
    db,
    wellFormed.filter((row) => !row.fresh).map((row) => row.nik),
    since,
  );
  const byKey = new Map(kept.map((row) => [`${row.nik} ${row.question}`, row.answer]));
  const answers = new Map<string, RegistryAnswer>();
  const open: Row[] = [];
  for (const row of wellFormed) {
    const known = row.fresh
      ? undefined
      : (byKey.get(`${row.nik} ${questionKey(row, policy)}`) ?? byKey.get(`${row.nik} ${ANY}`));
    if (known) answers.set(row.reg, known);
    else open.push(row);
  }
  const allowed = await chargeCalls(db, open.length, asking.dailyQuota, now);
  for (const row of open.slice(allowed)) answers.set(row.reg, { kind: 'quota' });
  return { answers, calls: open.slice(0, allowed) };
}

/** Makes the calls, each behind a permit, and keeps answers as they come: a kill repeats only the calls in flight. */
export async function ask(
  db: Db,
  { answers, calls }: Plan,
  asking: Asking,
  context: Context,
): Promise<Map<string, RegistryAnswer>> {
  const limit = pLimit(CALLS_AT_ONCE);
  const keeper = createBatcher<KeptAnswer>((kept) => keepAnswers(db, kept, context.now));
  let quotaLeft: number | undefined;
  const call = async (row: Row) => {
    context.signal.throwIfAborted();
    await asking.limiter.permit(context.signal);
    const reply = await asking.client.verify(questionAbout(row, context.policy.dukcapil));
    if (reply.retryAfterSeconds !== undefined)
      await asking.limiter.pause(Math.min(reply.retryAfterSeconds, PAUSE_SECONDS_MAX));
    if (reply.quotaLeft !== undefined) quotaLeft = Math.min(quotaLeft ?? reply.quotaLeft, reply.quotaLeft);
    answers.set(row.reg, reply.answer);
    const question = reply.answer.kind === 'not_found' ? ANY : questionKey(row, context.policy);
    if (reply.answer.kind === 'record' || reply.answer.kind === 'not_found')
      keeper.add({ nik: row.nik, question, answer: reply.answer });
  };
  const ended = await Promise.allSettled(calls.map((row) => limit(call, row)));
  await keeper.flush();
  if (quotaLeft !== undefined) await noteQuotaLeft(db, quotaLeft, context.now);
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return answers;
}

function questionKey(row: Row, policy: Policy): string {
  const { nik: _, ...asked } = questionAbout(row, policy.dukcapil);
  return sha256Hex(canonicalJson(asked as Json)).slice(0, 32);
}

import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { createBatcher } from '../../jobs/batcher.ts';
import { isWellFormedNik } from '../../jobs/nik.ts';
import type { CallEnd, Permit, Refusal } from '../../jobs/permit.ts';
import type { Policy } from '../../jobs/policy.ts';
import { quotaAgainAt } from '../../jobs/quota.ts';
import { GiveUpTurn } from '../../jobs/stage.ts';
import { addHours } from '../../jobs/time.ts';
import type { RegistryAnswer } from './answer.ts';
import type { RegistryClient, RegistryReply } from './client.ts';
import { isWhole, questionAbout } from './rules.ts';
import {
  ANY_QUESTION,
  type KeptAnswer,
  keepAnswers,
  keptAnswers,
  type NewAnswer,
  questionKey,
  type Row,
} from './store.ts';

type Db = Parameters<typeof keptAnswers>[0];

/** Rate, daily quota and breaker of the registry, over all processes. */
export interface Limiter {
  permit(signal: AbortSignal): Promise<Permit>;
  ended(permit: Permit, end: CallEnd): void;
  settle(): Promise<void>;
  pause(seconds: number): Promise<void>;
}

export interface Asking {
  readonly client: RegistryClient;
  readonly limiter: Limiter;
  /** What the last call of this process met that brought no answer: what those are told whom nobody could ask about. */
  lastFailure?: RegistryAnswer;
}

interface Context {
  readonly now: Date;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

/** Of one chunk: four chunks in four processes keep 500 calls a second under way at an answer time of 400 ms. */
const CALLS_AT_ONCE = 32;
/** A call that failed at once is made again so often: a worse day is the breaker's business. */
const CALL_TRIES_MAX = 3;
const RETRY_MS = 250;
/** A longer "stay away" is kept to this: the next call asks again. */
const PAUSE_SECONDS_MAX = 30;
/** While the registry is away for no longer chunks wait for it; then people wait, with a reason, and are asked about later. */
const PATIENCE_SECONDS = 15;
/** While one call tries it, the others look again after so long. */
const TRYING_SECONDS = 0.5;
const DAY_HOURS = 24;

/** One question, and everybody whom its answer is about. */
export interface Call {
  readonly row: Row;
  readonly regs: string[];
}

/** What a chunk will ask: decided before the first call. */
export interface Plan {
  readonly answers: Map<string, RegistryAnswer>;
  readonly calls: readonly Call[];
  /** Look-ups that are not needed: the NIK is impossible, or an answer was kept. */
  readonly saved: number;
}

/** Structure first, then kept answers where they still speak for the same values; the rest must be asked. */
export async function plan(db: Db, rows: readonly Row[], { now, policy }: Context): Promise<Plan> {
  const wellFormed = rows.filter((row) => isWellFormedNik(row.nik));
  const since = addHours(now, -policy.dukcapil.reuse_days * DAY_HOURS);
  const kept = await keptAnswers(
    db,
    wellFormed.map((row) => row.nik),
    since,
  );
  const byKey = new Map(kept.map((row) => [`${row.nik} ${row.question}`, row]));
  const answers = new Map<string, RegistryAnswer>();
  const calls = new Map<string, Call>();
  for (const row of wellFormed) {
    const question = `${row.nik} ${questionKey(row, policy.dukcapil)}`;
    const known = [question, `${row.nik} ${ANY_QUESTION}`]
      .map((key) => byKey.get(key))
      .find((answer) => answer !== undefined && isFreshFor(row, answer));
    const same = calls.get(question);
    if (known) answers.set(row.reg, known.answer);
    else if (same) same.regs.push(row.reg);
    else calls.set(question, { row, regs: [row.reg] });
  }
  return { answers, calls: [...calls.values()], saved: rows.length - calls.size };
}

function isFreshFor({ freshSince }: Row, { keptAt }: KeptAnswer): boolean {
  return freshSince === null || keptAt >= freshSince;
}

/**
 * Makes the calls, each behind a permit, and keeps answers as they come: a kill repeats only the calls in flight.
 * @throws GiveUpTurn when the breaker has just opened
 */
export async function ask(
  db: Db,
  { answers, calls }: Plan,
  asking: Asking,
  { now, policy, signal }: Context,
): Promise<Map<string, RegistryAnswer>> {
  const { client, limiter } = asking;
  const limit = pLimit(CALLS_AT_ONCE);
  const keeper = createBatcher<NewAnswer>((kept) => keepAnswers(db, kept, now));
  let refusal: Refusal | undefined;
  const call = async ({ row, regs }: Call) => {
    for (let tries = 1; !refusal; tries++) {
      signal.throwIfAborted();
      const permit = await limiter.permit(signal);
      if (permit.kind !== 'go') {
        refusal = permit;
        return;
      }
      const asked = questionAbout(row, policy.dukcapil);
      const reply = await client.verify(asked);
      const end = endOf(reply, now);
      limiter.ended(permit, end);
      if (!end.answered) asking.lastFailure = reply.answer;
      if (reply.refused) await limiter.pause(Math.min(reply.retryAfterSeconds ?? 2 ** (tries - 1), PAUSE_SECONDS_MAX));
      for (const reg of regs) answers.set(reg, reply.answer);
      if (isWhole(reply.answer, asked)) {
        const question = reply.answer.kind === 'not_found' ? ANY_QUESTION : questionKey(row, policy.dukcapil);
        keeper.add({ nik: row.nik, question, answer: reply.answer });
      }
      if (!reply.atOnce || tries === CALL_TRIES_MAX) return;
      await sleep(Math.random() * RETRY_MS * 2 ** tries);
    }
  };
  const ended = await Promise.allSettled(calls.map((one) => limit(call, one)));
  await keeper.flush();
  await limiter.settle();
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  if (refusal) answerFor(calls, answers, refusal, asking.lastFailure ?? AWAY);
  return answers;
}

const AWAY: RegistryAnswer = { kind: 'unavailable', why: 'the registry is away' };

/** What those are told who could not be asked about. */
function answerFor(
  calls: readonly Call[],
  answers: Map<string, RegistryAnswer>,
  refusal: Refusal,
  away: RegistryAnswer,
): void {
  if (refusal.kind === 'open' && refusal.trying) throw new GiveUpTurn('the registry is being tried', TRYING_SECONDS);
  if (refusal.kind === 'open' && refusal.open_seconds < PATIENCE_SECONDS)
    throw new GiveUpTurn('the registry is away', refusal.again_seconds);
  const answer: RegistryAnswer = refusal.kind === 'quota' ? { kind: 'quota' } : away;
  for (const reg of calls.flatMap(({ regs }) => regs)) if (!answers.has(reg)) answers.set(reg, answer);
}

function endOf({ answer, refused, unsent, quotaLeft }: RegistryReply, now: Date): CallEnd {
  const { kind } = answer;
  return {
    answered: kind === 'record' || kind === 'not_found' || kind === 'quota' || refused,
    unspent: refused || unsent || kind === 'quota',
    left: quotaLeft ?? null,
    refusedUntil: kind === 'quota' ? quotaAgainAt(now) : null,
  };
}

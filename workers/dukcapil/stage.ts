import type { Policy } from '../../jobs/policy.ts';
import type { ChunkStage } from '../../jobs/stage.ts';
import { ASKING_ROWS_MAX } from '../../jobs/stages.ts';
import type { RegistryAnswer } from './answer.ts';
import { type Asking, ask, type Limiter, type Plan, plan } from './ask.ts';
import { createRegistryClient } from './client.ts';
import { answerColumns, readAnswerLine, requestHeader, requestLine } from './matching.ts';
import { createRescue, type Rescue } from './rescue.ts';
import { withRetry } from './retry.ts';
import { answerFromExtract, decideDukcapil } from './rules.ts';
import {
  awaitingPages,
  clock,
  hasAnswers,
  hasExtract,
  keepAnswers,
  loadOffline,
  loadOnline,
  park,
  type Row,
  save,
  touchAnswered,
} from './store.ts';

export interface RegistrySettings {
  readonly url: string;
  readonly customer: string;
  readonly userId: string;
  readonly password: string;
  readonly ipUser: string;
  /** PEM of who signed its certificate. */
  readonly authority?: string | undefined;
  readonly pin?: string | undefined;
}

interface Context {
  readonly now: Date;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

type Db = Parameters<typeof loadOnline>[0];
type Tx = Parameters<typeof save>[0];
type Rows = readonly Row[];
/** `saved`: look-ups that were not needed. */
interface Found {
  readonly answers: Map<string, RegistryAnswer>;
  readonly saved: number;
}
type Stage = ChunkStage<Db, Tx, Context, Rows, Plan, Found, Parameters<typeof save>[2]> & { close(): Promise<void> };

/** The registry stage: over HTTP when it is configured, else matched against the imported extract. */
export function createDukcapilStage(settings: RegistrySettings | undefined, limiter: Limiter): Stage {
  return settings ? online({ client: createRegistryClient(settings), limiter }) : offline();
}

/** Matching by file ("pemadanan"), for commands: questions out, answers in. */
export const matching = {
  answerColumns,
  awaitingPages,
  clock,
  keepAnswers,
  plan,
  readAnswerLine,
  requestHeader,
  requestLine,
  touchAnswered,
};

/** Finds slips of the pen in rejections, apart from the stage. */
export function createRegistryRescue(
  db: Db,
  settings: RegistrySettings | undefined,
  limiter: Limiter,
  context: Context,
): Rescue {
  return createRescue(db, settings && { client: createRegistryClient(settings), limiter }, context);
}

function decide(rows: Rows, found: Found | undefined, { policy, now }: Context) {
  const decideRow = (row: Row) => withRetry(decideDukcapil(row, found?.answers.get(row.reg), policy.dukcapil), now);
  return {
    decided: rows.map((row) => ({ reg: row.reg, before: row.before, verdict: decideRow(row) })),
    saved: found?.saved ?? 0,
  };
}

function online(asking: Asking): Stage {
  return {
    kind: 'chunk',
    name: 'dukcapil',
    // Of different sizes: chunks that began together would else end together, and for an answer's time nobody would ask.
    get rows_max() {
      return Math.ceil((ASKING_ROWS_MAX * (1 + Math.random())) / 2);
    },
    load: loadOnline,
    intend: (db, _chunk, rows, context) => plan(db, rows, context),
    ask: async (db, _loaded, intent, context) => {
      const planned = intent as Plan;
      return { answers: await ask(db, planned, asking, context), saved: planned.saved };
    },
    decide,
    save,
    park,
    close: () => asking.client.close(),
  };
}

function unplanned(rows: Rows): Pick<Plan, 'answers' | 'calls'> {
  return { answers: new Map(), calls: rows.map((row) => ({ row, regs: [row.reg] })) };
}

const NOT_CONFIGURED: RegistryAnswer = { kind: 'not_configured' };

function offline(): Stage {
  return {
    kind: 'chunk',
    name: 'dukcapil',
    load: loadOffline,
    // Answers that came by file speak first; the extract, where there is one, for everybody else.
    ask: async (db, rows, _intent, context) => {
      // Without kept answers no question needs its hash: 18 million of them are two minutes.
      const { answers, calls } = (await hasAnswers(db)) ? await plan(db, rows, context) : unplanned(rows);
      const configured = calls.length > 0 && (await hasExtract(db));
      for (const { row, regs } of calls) {
        const line = row.extract?.conflict ? 'conflict' : (row.extract ?? undefined);
        const { must_match } = context.policy.dukcapil;
        const answer = configured ? answerFromExtract(row, line, must_match) : NOT_CONFIGURED;
        for (const reg of regs) answers.set(reg, answer);
      }
      return { answers, saved: 0 };
    },
    decide,
    save,
    park,
    close: async () => undefined,
  };
}

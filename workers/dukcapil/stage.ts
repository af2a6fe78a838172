import type { Policy } from '../../jobs/policy.ts';
import type { ChunkStage } from '../../jobs/stage.ts';
import { ASKING_ROWS_MAX } from '../../jobs/stages.ts';
import type { RegistryAnswer } from './answer.ts';
import { type Asking, ask, type Limiter, type Plan, plan } from './ask.ts';
import { createRegistryClient } from './client.ts';
import { createRescue, type Rescue } from './rescue.ts';
import { withRetry } from './retry.ts';
import { answerFromExtract, decideDukcapil } from './rules.ts';
import { hasExtract, loadOffline, loadOnline, park, type Row, save } from './store.ts';

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
    rows_max: ASKING_ROWS_MAX,
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

function offline(): Stage {
  return {
    kind: 'chunk',
    name: 'dukcapil',
    load: loadOffline,
    ask: async (db, rows, _intent, { policy }) => {
      const configured = await hasExtract(db);
      const answerTo = (row: Row): RegistryAnswer => {
        if (!configured) return { kind: 'not_configured' };
        const line = row.extract?.conflict ? 'conflict' : (row.extract ?? undefined);
        return answerFromExtract(row, line, policy.dukcapil.must_match);
      };
      return { answers: new Map(rows.map((row) => [row.reg, answerTo(row)])), saved: 0 };
    },
    decide,
    save,
    park,
    close: async () => undefined,
  };
}

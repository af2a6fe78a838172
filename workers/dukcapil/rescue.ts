import type { Policy } from '../../jobs/policy.ts';
import { type Candidate, candidatesOf, type Declared } from '../../jobs/slips.ts';
import { GiveUpTurn } from '../../jobs/stage.ts';
import type { RegistryAnswer } from './answer.ts';
import { type Asking, ask, plan } from './ask.ts';
import { answerFromExtract, decideDukcapil } from './rules.ts';
import { extractLines, hasExtract, type Row } from './store.ts';

type Db = Parameters<typeof plan>[0];

interface Context {
  readonly now: Date;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

/** What may be rescued: what was declared, and under which number. */
export interface Rescuable extends Declared {
  readonly reg: string;
  readonly full_name: string;
}

/** A candidate of a registration, and what became of it; `unasked`: the quota is used up, or the registry is away. */
export interface Looked {
  readonly reg: string;
  readonly number: number;
  readonly candidate: Candidate;
  readonly state: 'confirmed' | 'refuted' | 'certain' | 'unasked';
}

/** Answers about rows by `reg`: the registry's, or the imported extract's. */
type LookUp = (rows: readonly Row[]) => Promise<{ answers: Map<string, RegistryAnswer>; calls: number }>;

/** Finds and confirms slips. */
export interface Rescue {
  /**
   * One look-up per candidate at most, one candidate of a registration after the other until one is confirmed.
   * @param calls_max look-ups at most; who is left stays `unasked`
   */
  lookAt(people: readonly Rescuable[], calls_max: number): Promise<{ looked: Looked[]; calls: number }>;
  close(): Promise<void>;
}

/** Over HTTP when there is a client, behind the registry's rate, quota and breaker; else in the imported extract. */
export function createRescue(db: Db, asking: Asking | undefined, context: Context): Rescue {
  const lookUp = asking ? online(db, asking, context) : offline(db, context);
  return {
    lookAt: (people, calls_max) => lookAt(people, context.policy, lookUp, calls_max),
    close: async () => asking?.client.close(),
  };
}

async function lookAt(
  people: readonly Rescuable[],
  policy: Policy,
  lookUp: LookUp,
  calls_max: number,
): Promise<{ looked: Looked[]; calls: number }> {
  const looked: Looked[] = [];
  let open = people.map((person) => ({ person, candidates: candidatesOf(person) }));
  let calls = 0;
  for (let number = 0; open.length > 0; number++) {
    const turn = open.flatMap(({ person, candidates }) => {
      const candidate = candidates[number];
      return candidate ? [{ person, candidate }] : [];
    });
    const asked = turn.filter(({ candidate }) => candidate.changes !== undefined);
    const rows = asked.map(({ person, candidate }) => rowOf(person, candidate));
    const found = await lookUp(rows.slice(0, Math.max(0, calls_max - calls)));
    calls += found.calls;
    const settled = new Set<string>();
    for (const { person, candidate } of turn) {
      const state = candidate.changes ? stateOf(rowOf(person, candidate), found.answers, policy) : 'certain';
      looked.push({ reg: person.reg, number, candidate, state });
      if (state !== 'refuted') settled.add(person.reg);
    }
    open = open.filter(({ person, candidates }) => candidates.length > number + 1 && !settled.has(person.reg));
  }
  return { looked, calls };
}

function rowOf(person: Rescuable, { changes }: Candidate): Row {
  return { ...person, ...changes, freshSince: null, before: null };
}

function stateOf(row: Row, answers: ReadonlyMap<string, RegistryAnswer>, policy: Policy): Looked['state'] {
  const { outcome } = decideDukcapil(row, answers.get(row.reg), policy.dukcapil);
  return outcome === 'passed' ? 'confirmed' : outcome === 'waiting' ? 'unasked' : 'refuted';
}

/** Nobody waits for a registry that is away. */
function online(db: Db, asking: Asking, context: Context): LookUp {
  return async (rows) => {
    const planned = await plan(db, rows, context);
    try {
      const answers = await ask(db, planned, asking, context);
      const refused = planned.calls.filter(({ row }) => answers.get(row.reg)?.kind === 'quota').length;
      return { answers, calls: planned.calls.length - refused };
    } catch (error) {
      if (!(error instanceof GiveUpTurn)) throw error;
      return { answers: planned.answers, calls: planned.calls.length };
    }
  };
}

function offline(db: Db, { policy }: Context): LookUp {
  return async (rows) => {
    if (rows.length === 0 || !(await hasExtract(db))) return { answers: new Map(), calls: 0 };
    const lines = await extractLines(
      db,
      rows.map(({ nik }) => nik),
    );
    const answerTo = (row: Row) => {
      const line = lines.get(row.nik);
      return answerFromExtract(row, line?.conflict ? 'conflict' : line, policy.dukcapil.must_match);
    };
    return { answers: new Map(rows.map((row) => [row.reg, answerTo(row)])), calls: 0 };
  };
}

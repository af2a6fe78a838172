import { sql } from 'kysely';
import type { Database } from '../../../db/connection.ts';
import { saveVerdicts } from '../../../db/verdicts.ts';
import type { Chunk } from '../../../jobs/chunk.ts';
import { verdict } from '../../../jobs/verdict.ts';
import { decidePerson } from '../../../workers/dedupe/rules.ts';
import { dedupe } from '../../../workers/dedupe/stage.ts';
import { execute } from '../../../workers/runtime/executor.ts';
import { createLog } from '../../../workers/runtime/log.ts';
import { HEADER, type Importer, line } from '../../helpers/import.ts';

/** Few people, so that they meet; the last two are nobody's NIK. */
export const NIKS = [
  '3273011505900001',
  '3273011505900002',
  '3273011505900003',
  '9471011505900001',
  '12',
  'ABC',
] as const;
const WELL_FORMED = 4;

interface Submitted {
  readonly id: string;
  nik: number;
  readonly minute: number;
  gaveWay: boolean;
}

/** What happens to a town, as numbers that a property draws. */
export type Step =
  | { readonly kind: 'wave'; readonly submissions: readonly { readonly nik: number; readonly minute: number }[] }
  | { readonly kind: 'correct'; readonly who: number; readonly nik: number }
  | { readonly kind: 'reject'; readonly who: number; readonly stage: 'email' | 'dukcapil' }
  | { readonly kind: 'restore'; readonly who: number }
  | { readonly kind: 'join'; readonly nik: number };

/** The same town twice: in the database, and in a few variables decided by the rules. */
export class Town {
  readonly #database: Database;
  readonly #load: Importer;
  readonly #people = new Map<number, { standing: string; joined: boolean }>();
  readonly submitted: Submitted[] = [];
  readonly #rejectedAt = new Map<string, 'email' | 'dukcapil'>();
  #corrections = 0;

  constructor(database: Database, load: Importer) {
    this.#database = database;
    this.#load = load;
  }

  /** Does a step on both sides; false when it does not apply to anybody. */
  async take(step: Step): Promise<boolean> {
    if (step.kind === 'wave') return this.#wave(step.submissions);
    if (step.kind === 'join') return this.#join(step.nik);
    const who = this.submitted[step.who % Math.max(1, this.submitted.length)];
    if (!who) return false;
    if (step.kind === 'correct') return this.#correct(who, step.nik);
    return step.kind === 'reject' ? this.#reject(who, step.stage) : this.#restore(who);
  }

  async #wave(submissions: readonly { readonly nik: number; readonly minute: number }[]): Promise<boolean> {
    const lines = submissions.map(({ nik, minute }) => {
      // Ids that do not sort as they were made.
      const id = `R${String((this.submitted.length * 37) % 101).padStart(3, '0')}`;
      this.submitted.push({ id, nik, minute, gaveWay: false });
      return line({ registration_id: id, nik: NIKS[nik] ?? '', registered_at: `2020-04-11T16:0${minute}:00+07:00` });
    });
    await this.#load('registrations', `${HEADER}\n${lines.join('\n')}\n`);
    return true;
  }

  async #correct(who: Submitted, nik: number): Promise<boolean> {
    const at = new Date(Date.UTC(2020, 5, 1, 0, 0, this.#corrections++)).toISOString();
    await this.#load('corrections', `registration_id,field,value,at\n${who.id},nik,${NIKS[nik]},${at}\n`);
    const left = who.nik;
    who.nik = nik;
    if (!this.submitted.some((other) => other.nik === left)) this.#people.delete(left);
    return true;
  }

  async #reject(who: Submitted, stage: 'email' | 'dukcapil'): Promise<boolean> {
    if (who.gaveWay || !(await this.#passedDedupe(who.id))) return false;
    await this.#save(who.id, stage, verdict(stage === 'email' ? 'email_hard_bounce' : 'nik_not_found'), null);
    who.gaveWay = true;
    this.#rejectedAt.set(who.id, stage);
    return true;
  }

  async #restore(who: Submitted): Promise<boolean> {
    const stage = this.#rejectedAt.get(who.id);
    if (!who.gaveWay || !stage) return false;
    const before = stage === 'email' ? 'rejected.email_hard_bounce' : 'rejected.nik_not_found';
    await this.#save(who.id, stage, verdict(stage === 'email' ? 'email_no_answer' : 'registry_timeout'), before);
    who.gaveWay = false;
    return true;
  }

  async #join(nik: number): Promise<boolean> {
    const person = this.#people.get(nik);
    if (!person) return false;
    person.joined = true;
    await sql`update people set joined_batch = 1 where nik = ${NIKS[nik]}`.execute(this.#database.db);
    return true;
  }

  async #passedDedupe(id: string): Promise<boolean> {
    const { rows } = await sql`select 1 from verdicts_dedupe v join registrations r using (reg)
      where r.registration_id = ${id} and v.outcome = 'passed'`.execute(this.#database.db);
    return rows.length === 1;
  }

  async #save(
    id: string,
    stage: 'email' | 'dukcapil',
    made: ReturnType<typeof verdict>,
    before: string | null,
  ): Promise<void> {
    await this.#database.db.transaction().execute(async (tx) => {
      const { reg } = await tx
        .selectFrom('registrations')
        .select('reg')
        .where('registration_id', '=', id)
        .executeTakeFirstOrThrow();
      const chunk: Chunk = {
        chunkId: '1',
        runId: '1',
        stage,
        lo: reg,
        hi: reg,
        regs: null,
        subject: null,
        policyId: 1,
        token: '1',
        attempt: 1,
      };
      // A verdict of this stage that stands there is taken as it is: the step only says what became of it.
      const found = await sql<{ before: string }>`
        select outcome || '.' || reason as before from ${sql.table(`verdicts_${stage}`)} where reg = ${reg}`.execute(
        tx,
      );
      await saveVerdicts(tx, stage, chunk, [{ reg, verdict: made, before: found.rows[0]?.before ?? before }]);
    });
  }

  /** Runs every wave that is open, as a worker would, and the rules on what they had before them. */
  async decide(): Promise<void> {
    const { db } = this.#database;
    const context = { db, log: createLog('silent'), now: () => new Date(), stopping: new AbortController().signal };
    for (;;) {
      // Reviews wait for more people to come: time goes by.
      await sql`update chunks set not_before = clock_timestamp() where state = 'ready'`.execute(db);
      const open = await sql<{
        id: string;
      }>`select chunk_id as id from chunks where stage = 'dedupe' and state = 'ready' order by 1`.execute(db);
      if (open.rows.length === 0) break;
      for (const { id } of open.rows) await execute(context, dedupe, id);
    }
  }

  /** What the rules say, as `id outcome detail`, and the town as it is afterwards. */
  expected(): string[] {
    const lines = this.submitted.filter(({ nik }) => nik >= WELL_FORMED).map(({ id }) => `${id} passed `);
    for (let nik = 0; nik < WELL_FORMED; nik++) {
      const own = this.submitted.filter((one) => one.nik === nik);
      if (own.length === 0) continue;
      const person = this.#people.get(nik);
      const submissions = own.map(({ id, minute, gaveWay }) => ({
        registrationId: id,
        registeredAt_ms: minute,
        gaveWay,
      }));
      const verdicts = decidePerson({ submissions, kept: person?.joined ? person.standing : null });
      const standing =
        own.find(({ id, gaveWay }) => !gaveWay && verdicts.get(id)?.outcome === 'passed')?.id ??
        [...verdicts.keys()].at(-1);
      this.#people.set(nik, { standing: standing ?? '', joined: person?.joined ?? false });
      for (const [id, { outcome, detail }] of verdicts) lines.push(`${id} ${outcome} ${detail}`);
      // A duplicate's later verdicts are withdrawn: should it stand again, it is asked again.
      for (const one of own) if (verdicts.get(one.id)?.outcome === 'rejected') one.gaveWay = false;
    }
    return lines.sort();
  }

  async actual(): Promise<string[]> {
    const { rows } = await sql<{ line: string }>`
      select concat(registration_id, ' ', outcome, ' ', detail) as line
      from registrations left join verdicts_dedupe using (reg) order by registration_id`.execute(this.#database.db);
    return rows.map((row) => row.line).sort();
  }

  /** People as the database has them: `nik standing registrations`. */
  async actualPeople(): Promise<string[]> {
    const { rows } = await sql<{ line: string }>`
      select concat(p.nik, ' ', r.registration_id, ' ', p.registrations) as line
      from people p join registrations r on r.reg = p.standing order by 1`.execute(this.#database.db);
    return rows.map((row) => row.line);
  }

  expectedPeople(): string[] {
    return [...this.#people]
      .map(
        ([nik, { standing }]) => `${NIKS[nik]} ${standing} ${this.submitted.filter((one) => one.nik === nik).length}`,
      )
      .sort();
  }
}

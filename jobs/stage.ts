import type { Chunk, Counts } from './chunk.ts';
import type { StageName } from './stages.ts';

/**
 * A chunk stage's life, step by step: the executor claims, then calls these in order (design, point 4).
 * `Db` and `Tx` are the database and an open transaction; `Context` carries now, policy and the signal to stop.
 * `Loaded` is what the rules read, `Intent` what is about to be asked, `Answers` what the counterpart said, `Decided`
 * what is saved.
 */
export interface ChunkStage<Db, Tx, Context, Loaded, Intent, Answers, Decided> {
  readonly kind: 'chunk';
  readonly name: StageName;
  /** Most registrations at a time; a larger chunk is split when it is claimed. Unset: whatever it was opened with. */
  readonly rows_max?: number;
  load(db: Db, chunk: Chunk, context: Context): Promise<Loaded>;
  /** What must be durable before the outside world is touched. Committed before `ask`. */
  intend?(db: Db, chunk: Chunk, loaded: Loaded, context: Context): Promise<Intent>;
  /** Talks to the counterpart; no transaction is open. Answers of paid or scarce calls are stored as they come. */
  ask?(db: Db, loaded: Loaded, intent: Intent | undefined, context: Context): Promise<Answers>;
  decide(loaded: Loaded, answers: Answers | undefined, context: Context): Decided;
  /** Runs inside the fenced transaction, together with completing the chunk and opening what follows. */
  save(tx: Tx, chunk: Chunk, decided: Decided, context: Context): Promise<Counts>;
  /** Sets the one record of a chunk aside, because it fails: `why` has no personal data. In the fenced transaction too. */
  park(tx: Tx, chunk: Chunk, why: string, context: Context): Promise<Counts>;
}

/** A set stage is one fenced transaction over a whole wave or batch. */
export interface SetStage<Tx, Context> {
  readonly kind: 'set';
  readonly name: StageName;
  run(tx: Tx, chunk: Chunk, context: Context): Promise<Counts>;
}

/**
 * Thrown by `intend` or `ask` when the counterpart may be back soon: the chunk gives up its turn, the try does not count, and it is
 * taken again after `seconds`.
 */
export class GiveUpTurn extends Error {
  readonly seconds: number;
  constructor(why: string, seconds: number) {
    super(why);
    this.seconds = seconds;
  }
}

/** The six stages in the order a registration meets them. */
export const stageNames = ['dedupe', 'email', 'dukcapil', 'layer3', 'assignment', 'payout'] as const;
export type StageName = (typeof stageNames)[number];

/** The stages that give every registration a verdict, in order. */
export const verdictStages = ['dedupe', 'email', 'dukcapil', 'layer3'] as const;
export type VerdictStage = (typeof verdictStages)[number];

/** The stages decided chunk by chunk over a range of registrations. */
export const chunkVerdictStages = ['email', 'dukcapil', 'layer3'] as const;
export type ChunkVerdictStage = (typeof chunkVerdictStages)[number];

export function isVerdictStage(name: string): name is VerdictStage {
  return (verdictStages as readonly string[]).includes(name);
}

export function isStage(name: string): name is StageName {
  return (stageNames as readonly string[]).includes(name);
}

/** The stage that a registration passed here goes on to; undefined after layer3 (people join batches themselves). */
export function nextStage(stage: VerdictStage): ChunkVerdictStage | undefined {
  return verdictStages[verdictStages.indexOf(stage) + 1] as ChunkVerdictStage | undefined;
}

/** The stage whose `passed` verdict lets a registration in. */
export function upstreamOf(stage: ChunkVerdictStage): VerdictStage {
  return verdictStages[verdictStages.indexOf(stage) - 1] as VerdictStage;
}

/** This stage and all later ones: what is withdrawn when this one is decided again. */
export function fromStage(stage: VerdictStage): VerdictStage[] {
  return verdictStages.slice(verdictStages.indexOf(stage));
}

interface StageSettings {
  /** Most registrations (or instalments) in one chunk when it is opened. */
  readonly chunk_rows_max: number;
  /** Chunks one worker process works on at once. */
  readonly concurrency: number;
  /** How long a claim holds before another worker may take the chunk. */
  readonly lease_seconds: number;
}

/**
 * Verdict stages are opened three to four thousand a chunk; payments about 50, because a kill makes every instalment of its chunk
 * `unknown` (design, point 1).
 */
export const stageSettings: Readonly<Record<StageName, StageSettings>> = {
  dedupe: { chunk_rows_max: Number.MAX_SAFE_INTEGER, concurrency: 1, lease_seconds: 120 },
  email: { chunk_rows_max: 4_000, concurrency: 2, lease_seconds: 60 },
  dukcapil: { chunk_rows_max: 3_000, concurrency: 4, lease_seconds: 60 },
  layer3: { chunk_rows_max: 4_000, concurrency: 2, lease_seconds: 60 },
  assignment: { chunk_rows_max: Number.MAX_SAFE_INTEGER, concurrency: 1, lease_seconds: 120 },
  payout: { chunk_rows_max: 50, concurrency: 4, lease_seconds: 60 },
};

/**
 * A stage that asks somebody outside takes this many at a time, so that a kill repeats little and many workers share
 * the work: the first to claim a larger chunk splits it.
 */
export const ASKING_ROWS_MAX = 400;

/** Tries of one chunk before it stops and waits for a person. */
export const CHUNK_ATTEMPTS_MAX = 6;

/** BullMQ job options of every stage: real failures with jittered exponential backoff, and a failed set that means something. */
export const jobOptions = {
  attempts: CHUNK_ATTEMPTS_MAX,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: { count: 1000 },
  stackTraceLimit: 3,
} as const;

/** What has a queue of its own: every stage, and the timetable's ticks. */
export type QueueOf = StageName | 'schedule';

export function queueName(of: QueueOf): string {
  return `prakerja-${of}`;
}

/** A job carries ids only: the row in Postgres decides everything. */
export interface ChunkJob {
  readonly runId: string;
  readonly stage: StageName;
  readonly chunkId: string;
}

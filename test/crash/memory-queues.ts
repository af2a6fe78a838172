import type { OpenChunk } from '../../db/chunk.ts';
import { type ChunkJob, jobOptions, type StageName } from '../../jobs/stages.ts';
import type { Queues, Stoppable } from '../../workers/runtime/queues.ts';
import type { Plan, QueueFault } from './plan.ts';

interface Consumer {
  readonly stage: StageName;
  readonly concurrency: number;
  readonly handler: (job: ChunkJob) => Promise<void>;
  readonly running: Set<Promise<void>>;
  alive: boolean;
}

/** Who is told what the queues do. */
interface Told {
  fault(fault: QueueFault): void;
  /** A job whose chunk is not committed yet has run ahead. */
  delivery(job: ChunkJob): void;
}

interface Job {
  readonly data: ChunkJob;
  attempts: number;
}

/**
 * What a queue promises, and no more: a job is delivered at least once, unless the queue loses it. Stands for BullMQ in
 * the harness of one process; the harness with processes and the conformance tests run on the real one.
 */
export class MemoryQueues {
  private readonly waiting: Job[] = [];
  /** Come back when time goes by: delayed ones, and those of a consumer that died. */
  private readonly later: Job[] = [];
  private readonly consumers = new Set<Consumer>();
  private enqueued = 0;

  private readonly faults: Plan['queue'];
  private readonly told: Told;

  constructor(faults: Plan['queue'], told: Told) {
    this.faults = faults;
    this.told = told;
  }

  /** One process's view. `kill` is its sudden end: jobs it had begun come back later. */
  connect(): Queues & { kill(): void } {
    const own = new Set<Consumer>();
    const stop = (consumer: Consumer) => {
      consumer.alive = false;
      this.consumers.delete(consumer);
    };
    return {
      backend: 'redis',
      enqueue: async (chunks) => this.enqueue(chunks),
      work: (stage, concurrency, handler) => {
        const consumer: Consumer = { stage, concurrency, handler, running: new Set(), alive: true };
        own.add(consumer);
        this.consumers.add(consumer);
        this.deliver();
        return stoppable(async () => {
          stop(consumer);
          await Promise.all(consumer.running);
        });
      },
      keepTime: async () => undefined,
      onTick: () => stoppable(async () => undefined),
      size: async (stage) => [...this.waiting, ...this.later].filter(({ data }) => data.stage === stage).length,
      kill: () => own.forEach(stop),
      close: async () => own.forEach(stop),
    };
  }

  /** Delayed jobs are due, and the queue has noticed who died. */
  timePasses(): void {
    this.waiting.push(...this.later.splice(0));
    this.deliver();
  }

  private enqueue(chunks: readonly OpenChunk[]): void {
    for (const { chunkId, runId, stage } of chunks) {
      const job: Job = { data: { chunkId, runId, stage }, attempts: 0 };
      const fault = this.faults.find(({ nth }) => nth === this.enqueued)?.fault;
      this.enqueued++;
      if (fault) this.told.fault(fault);
      if (fault === 'emptied') this.waiting.splice(0);
      if (fault === 'delayed') this.later.push(job);
      else if (fault !== 'lost') this.waiting.push(job);
      if (fault === 'doubled') this.waiting.push({ ...job });
    }
    this.deliver();
  }

  private deliver(): void {
    for (const consumer of this.consumers) {
      while (consumer.running.size < consumer.concurrency) {
        const at = this.waiting.findIndex(({ data }) => data.stage === consumer.stage);
        const [job] = at < 0 ? [] : this.waiting.splice(at, 1);
        if (!job) break;
        this.run(consumer, job);
      }
    }
  }

  private run(consumer: Consumer, job: Job): void {
    this.told.delivery(job.data);
    const running = consumer
      .handler(job.data)
      .then(
        () => consumer.alive || this.later.push(job),
        () => ++job.attempts < jobOptions.attempts && this.later.push(job),
      )
      .then(() => {
        consumer.running.delete(running);
        this.deliver();
      });
    consumer.running.add(running);
  }
}

function stoppable(close: () => Promise<void>): Stoppable {
  let closing: Promise<void> | undefined;
  return {
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

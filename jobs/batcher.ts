import { setTimeout as pause } from 'node:timers/promises';

/** Collects items and writes them in the order they came. */
export interface Batcher<T> {
  add(item: T): void;
  /** Resolves when everything added so far is written. @throws the first error of a write */
  flush(): Promise<void>;
}

/** Answers come one by one; a statement for each few cost more than a third of the time of a look-up stage. */
const GATHER_MS = 15;

/**
 * Writes as many items at a time as came while the last write was under way, and a moment longer: one statement per
 * item would cost more than the calls whose answers they keep, and waiting for a full batch would lose more on a kill.
 */
export function createBatcher<T>(write: (items: readonly T[]) => Promise<void>): Batcher<T> {
  let pending: T[] = [];
  let writing: Promise<void> = Promise.resolve();
  let scheduled = false;
  const next = async () => {
    scheduled = false;
    const items = pending;
    pending = [];
    if (items.length > 0) await write(items);
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    writing = writing.then(() => pause(GATHER_MS)).then(next);
    // The error is thrown by flush; until then it is nobody's unhandled rejection.
    writing.catch(() => undefined);
  };
  return {
    add(item) {
      pending.push(item);
      schedule();
    },
    async flush() {
      if (pending.length > 0) schedule();
      await writing;
    },
  };
}

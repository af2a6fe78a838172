import { onBoundary } from '../../workers/runtime/boundaries.ts';

// Comes before the program into each process of the harness (node --import): tells it the boundaries that are reached,
// and waits for its answer at those where something is planned.

const planned = new Set((process.env.CRASH_WAITS ?? '').split(','));
const waiting = new Map<number, () => void>();
let told = 0;

if (process.send) {
  process.on('message', (id: number) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  // Nobody outlives the harness.
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
  onBoundary((at) => {
    const id = told++;
    const waits = planned.has(at);
    process.send?.({ id, at, waits });
    if (!waits) return;
    return new Promise((go) => waiting.set(id, go));
  });
}

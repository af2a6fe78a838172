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
import { writeFileSync as wt } from 'node:fs'; /*T*/
process.on('exit', () => { const c = process.resourceUsage(); wt(`/tmp/cpu-${process.pid}`, `${process.argv.slice(2, 4)} ${process.env.REDIS_URL ? 'redis' : 'pg'} end user ${Math.round(c.userCPUTime/1000)} sys ${Math.round(c.systemCPUTime/1000)} wall ${Math.round(performance.now())} minor ${c.minorPageFault}\n`); }); /*T*/

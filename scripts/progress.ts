import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a long piece of work is: a bar on a terminal, a line every few seconds elsewhere. On stderr. */
export interface Progress {
  update(done: number, total?: number): void;
  end(): void;
}

const LINE_EVERY_MS = 5000;

/** @param unit what is counted, in the plural: "lines", "registrations" */
export function startProgress(title: string, unit: string, total = 0): Progress {
  return process.stderr.isTTY ? bar(title, unit, total) : lines(title, unit, total);
}

function bar(title: string, unit: string, total: number): Progress {
  const format = `${title.padEnd(16)} {bar} {percentage}% {value}/{total} ${unit}  {speed}/s  {eta_formatted} left`;
  const shown = new SingleBar(
    { format, stream: process.stderr, clearOnComplete: false, hideCursor: true },
    Presets.shades_classic,
  );
  const started = performance.now();
  shown.start(total, 0, { speed: '0' });
  return {
    update(done, newTotal) {
      if (newTotal !== undefined) shown.setTotal(newTotal);
      shown.update(done, { speed: rate(done, started) });
    },
    end: () => shown.stop(),
  };
}

function lines(title: string, unit: string, firstTotal: number): Progress {
  const started = performance.now();
  let last = started;
  let total = firstTotal;
  return {
    update(done, newTotal) {
      total = newTotal ?? total;
      const now = performance.now();
      if (now - last < LINE_EVERY_MS) return;
      last = now;
      const seconds = (now - started) / 1000;
      const left = total > done && done > 0 ? `, about ${Math.ceil(((total - done) / done) * seconds)} s left` : '';
      const of = total > 0 ? ` of ${total}` : '';
      process.stderr.write(`${title}: ${done}${of} ${unit}, ${rate(done, started)}/s${left}\n`);
    },
    end: () => undefined,
  };
}

function rate(done: number, started: number): string {
  return String(Math.round(done / Math.max(0.001, (performance.now() - started) / 1000)));
}

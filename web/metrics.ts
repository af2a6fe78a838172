import { Gauge, Registry } from 'prom-client';
import { outcomes } from '../jobs/verdict.ts';
import type { Snapshot } from './snapshot.ts';

/** Numbers for Prometheus: counts by stage, state and type; nothing about a person. */
export interface Metrics {
  readonly contentType: string;
  render(snapshot: Snapshot): Promise<string>;
}

export function createMetrics(): Metrics {
  const register = new Registry();
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge<L>({ name: `prakerja_${name}`, help, labelNames: [...labelNames], registers: [register] });
  const registrations = gauge('registrations', 'Registrations.', []);
  const verdicts = gauge('verdicts', 'Registrations at a stage by outcome, undecided included.', ['stage', 'outcome']);
  const chunks = gauge('chunks', 'Chunks of work by stage and state.', ['stage', 'state']);
  const oldest = gauge('oldest_ready_chunk_seconds', 'How long the oldest ready chunk has waited for a worker.', [
    'stage',
  ]);
  const lastEnd = gauge('last_progress_seconds', 'How long ago a chunk of the stage ended; absent: never.', ['stage']);
  const overLease = gauge('chunks_over_lease', 'Running chunks whose lease has run out.', ['stage']);
  const instalments = gauge('instalments', 'Instalments by kind and state.', ['kind', 'state']);
  const breaks = gauge('open_breaks', 'Open reconciliation breaks by type.', ['type']);
  const calls = gauge('registry_calls_today', 'Look-ups charged to the registry today (WIB).', []);
  const left = gauge(
    'registry_calls_left_today',
    'Look-ups left of the daily quota; absent when no limit is known.',
    [],
  );
  const saved = gauge('registry_calls_saved_today', 'Look-ups that were not needed today (WIB).', []);
  const forecast = gauge(
    'registry_forecast_seconds',
    'Time to the end of the look-ups; absent: it cannot be told.',
    [],
  );
  const silent = gauge('registry_silent_seconds', 'How long people have waited while it answered nobody.', []);
  const away = gauge('registry_away', '1 while the breaker is open: one call in all tries.', []);
  return {
    contentType: register.contentType,
    render: (snapshot) => {
      register.resetMetrics();
      registrations.set(snapshot.funnel.registered);
      for (const [stage, counts] of Object.entries(snapshot.status.stages)) {
        for (const outcome of [...outcomes, 'undecided'] as const) verdicts.set({ stage, outcome }, counts[outcome]);
      }
      for (const { stage, state, n } of snapshot.chunks) chunks.set({ stage, state }, n);
      for (const { stage, ...progress } of snapshot.progress) {
        if (progress.oldestReady_seconds !== null) oldest.set({ stage }, progress.oldestReady_seconds);
        if (progress.lastEnd_seconds !== null) lastEnd.set({ stage }, progress.lastEnd_seconds);
        overLease.set({ stage }, progress.overLease);
      }
      for (const { kind, state, n } of snapshot.payouts) instalments.set({ kind, state }, n);
      for (const { type, n } of snapshot.breaks) breaks.set({ type }, n);
      const { used_today, left_today, ...registry } = snapshot.status.registry;
      calls.set(used_today);
      saved.set(registry.saved_today);
      silent.set(registry.silent_seconds);
      away.set(registry.away_since === null ? 0 : 1);
      if (registry.forecast === null) forecast.remove();
      else forecast.set(registry.forecast);
      if (left_today === null) left.remove();
      else left.set(left_today);
      return register.metrics();
    },
  };
}

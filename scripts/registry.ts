import { audit } from '../db/audit.ts';
import { REGISTRY, setRate } from '../db/counterpart.ts';
import { refuse } from '../jobs/errors.ts';
import { spokenSeconds } from '../jobs/time.ts';
import { type RegistryStatus, statusDocument } from '../workers/runtime/status.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { personName } from './options.ts';

/** `registry status`: rate, quota, forecast, and whether it answers. */
export function registryStatusReport(): Promise<Report> {
  return withOffice(async (office) => {
    const { registry } = await statusDocument(office);
    const lines = registryLines(registry);
    return registry.is_silent ? needsPerson(registry, ...lines) : done(registry, ...lines);
  });
}

/** What a person wants to know about the registry today. */
export function registryLines(registry: RegistryStatus): string[] {
  const { used_today, left_today, saved_today, rate_per_second, forecast, away_since, silent_seconds } = registry;
  const left = left_today === null ? 'no limit known' : `${left_today} left`;
  const end =
    forecast === null ? 'the end cannot be told' : `about ${spokenSeconds(forecast)} to the end of what is undecided`;
  return [
    `Registry today: ${used_today} calls, ${saved_today} saved, ${left}; at ${rate_per_second} a second ${end}.`,
    ...(away_since ? [`It does not answer since ${away_since}: one call in all tries.`] : []),
    ...(registry.is_silent ? [`It has been silent for ${spokenSeconds(silent_seconds)} while people wait.`] : []),
  ];
}

export interface RateOptions {
  readonly by?: string;
  readonly note?: string;
}

const RATE_MAX = 10_000;

/** `registry rate N`: for all workers at once, without a restart; `default` goes back to DUKCAPIL_RATE_PER_SECOND. */
export function registryRate(text: string, options: RateOptions): Promise<Report> {
  const who = personName('--by', options.by);
  const note = options.note?.trim() ?? '';
  if (note === '') throw refuse('--note must say why');
  const rate = text === 'default' ? null : Number(text);
  if (rate !== null && !(Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX))
    throw refuse(`the rate must be a whole number of calls a second from 1 to ${RATE_MAX}, or "default"`);
  return inNameOf({ name: who, role: 'operations' }, async ({ db, config }) => {
    await db.transaction().execute(async (tx) => {
      await setRate(tx, REGISTRY, rate);
      await audit(tx, { who, action: 'registry rate', subject: text, note });
    });
    const now = rate ?? config.registryRate_per_second;
    return done(
      { rate_per_second: now },
      `The registry is asked at most ${now} times a second, from now on and by all workers.`,
    );
  });
}

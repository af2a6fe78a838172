import { join } from 'node:path';
import type { Measured, Meter } from './meter.ts';
import { differences, ensureNation, funnelOf, together } from './nation.ts';

/** A wave's people must not be the first nation's: their numbers begin above it and its strangers. */
const APART = 1_600;
/** One in forty of the wave registers again who is in already: the wave must find them among the millions. */
const AGAIN_EVERY = 40;
const DECIDED = ['import', 'dedupe', 'email', 'dukcapil', 'layer3', 'next in line'];

export interface WaveOptions {
  readonly dir: string;
  /** The first nation's files. */
  readonly data: string;
  readonly applicants: number;
  readonly wave: number;
}

export interface Wave {
  readonly stages: readonly Measured[];
  readonly seconds: number;
  /** The first load's seconds for as many registrations. */
  readonly share_seconds: number;
  readonly ratio: number;
}

/**
 * New registrations on top of a nation that is decided and drawn: what they cost beside their share of the first load.
 * @throws naming every wrong count
 */
export async function secondWave(meter: Meter, options: WaveOptions): Promise<Wave> {
  const { dir, applicants, wave } = options;
  const files = join(dir, 'wave');
  const first = Math.ceil((applicants + applicants / 16) / APART + 1) * APART;
  await ensureNation(files, wave, first);
  const again = join(dir, 'again.csv');
  const repeated = await writeAgain(meter, again, Math.floor(wave / AGAIN_EVERY));
  const total = wave + repeated;
  const before = meter.measured.length;
  const path = (name: string) => join(files, name);
  await meter.stage('wave: import', total, async () => {
    await meter.command('import', 'registrations', path('registrations.csv'));
    await meter.command('import', 'registrations', again);
    await meter.command('import', 'civil-registry', path('civil-registry.csv'));
    await meter.command('import', 'whitelist', path('whitelist.csv'));
    await meter.command('import', 'exclusions', path('exclusions.csv'));
    await meter.command('import', 'email-events', path('email-events.ndjson'));
    await meter.command('import', 'otp', path('otp.csv'));
  });
  await meter.stage('wave: decide', total, async () => {
    await meter.command('run', 'start', '--inline', '--wait');
  });
  const truth = together(funnelOf(options.data), funnelOf(files));
  truth.registered += repeated;
  truth.rejected['dedupe.duplicate_nik'] = (truth.rejected['dedupe.duplicate_nik'] ?? 0) + repeated;
  const wrong = differences(await meter.command<typeof truth>('funnel'), truth);
  if (wrong.length > 0) throw new Error(`wrong counts after the second wave:\n${wrong.join('\n')}`);
  return summary(meter.measured, before, total / applicants);
}

function summary(measured: readonly Measured[], before: number, part: number): Wave {
  const sum = (rows: readonly Measured[]) => rows.reduce((seconds, row) => seconds + row.seconds, 0);
  const stages = measured.slice(before);
  const seconds = sum(stages);
  const share_seconds = sum(measured.slice(0, before).filter(({ stage }) => DECIDED.includes(stage))) * part;
  const ratio = seconds / share_seconds;
  console.log(
    `second wave: ${seconds.toFixed(1)} s, its share of the first load ${share_seconds.toFixed(1)} s, ratio ${ratio.toFixed(2)}`,
  );
  return { stages, seconds, share_seconds, ratio };
}

/** People who passed and register again: each is a duplicate of one who stands. Returns how many. */
function writeAgain(meter: Meter, path: string, count: number): Promise<number> {
  return meter.copyToFile(
    path,
    `select 'AGAIN-' || r.registration_id as registration_id, '2020-09-14T10:00:00+07:00' as registered_at, r.nik, r.kk_number,
       r.full_name, r.birth_place, r.birth_date, r.sex, r.mother_name, r.email, r.phone, r.province_code, r.employment,
       r.education, r.in_school::text as in_school, r.disability::text as disability
     from registrations r join people p on p.standing = r.reg and p.nik = r.nik
     join verdicts_layer3 v on v.reg = r.reg and v.outcome = 'passed'
     where r.reg % 7 = 0 limit ${count}`,
  );
}

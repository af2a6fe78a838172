import { type Funnel, funnel } from '../db/funnel.ts';
import { formatRupiah } from '../jobs/money.ts';
import { done, type Report, withOffice } from './command.ts';
import { batchNumber } from './options.ts';

const labels: readonly (readonly [
  Exclude<keyof Funnel, 'waiting' | 'parked' | 'rejected' | 'incentive_paid_idr'>,
  string,
])[] = [
  ['registered', 'Registrations'],
  ['unique', 'Persons'],
  ['email_verified', 'E-mail verified'],
  ['nik_valid', 'NIK valid at Dukcapil'],
  ['layer3_passed', 'Layer 3 passed'],
  ['joined', 'Joined a batch'],
  ['participants', 'Participants by decree'],
  ['training', 'In training'],
  ['completed', 'Completed a training'],
  ['incentive_recipients', 'Incentive recipients'],
];

/** `funnel [--batch N]` */
export function showFunnel(options: { batch?: string }): Promise<Report> {
  const batch = options.batch === undefined ? null : batchNumber(options.batch);
  return withOffice(async ({ db, config }) => {
    const counts = await funnel(db, batch, config.now());
    const lines = labels.map(([key, label]) => `${label.padEnd(26)}${counts[key].toLocaleString('en').padStart(14)}`);
    lines.push(`${'Incentives paid'.padEnd(26)}${formatRupiah(BigInt(counts.incentive_paid_idr)).padStart(20)}`);
    for (const outcome of ['rejected', 'waiting', 'parked'] as const) {
      for (const [reason, n] of Object.entries(counts[outcome]))
        lines.push(`  ${outcome.padEnd(10)}${reason.padEnd(36)}${n.toLocaleString('en').padStart(12)}`);
    }
    return done(counts, ...lines);
  });
}

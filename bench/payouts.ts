import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtinPolicy } from '../jobs/policy.ts';
import { Meter } from './meter.ts';
import { ACCEPTED, INCENTIVE_IDR, INCENTIVES, INSTALMENTS, PAID_AT, statementOf } from './money.ts';
import { openBenchOffice } from './office.ts';
import { machine, printMeasured } from './report.ts';

// npm run bench:payouts: the programme's instalments alone: prepared, released, written to a file, reported, reconciled.

const { values } = parseArgs({
  options: {
    instalments: { type: 'string', default: String(INSTALMENTS) },
    dir: { type: 'string', default: '.data/bench/payouts' },
    // Without a report of the bank between file and statement.
    unreported: { type: 'boolean', default: false },
    // Without file and report: the orders are put where the bank has accepted them, by SQL.
    accepted: { type: 'boolean', default: false },
  },
});

/** Participants whose four incentives are due, put where a confirmed decree and the imports leave them. */
const people = (n: number) => [
  `insert into registrations
   select n, 'R' || lpad(n::text, 9, '0'), '2020-08-01T10:00:00+07:00', 3273011505900000 + n, '1990-05-15', null, 0, 'L', false, false, '32',
     lpad(n::text, 16, '0'), 'PERSON NUMBER ' || n, 'BANDUNG', 'MOTHER', 'p' || n || '@example.test', '0812' || lpad(n::text, 8, '0'), 'laid_off', 'sma'
   from generate_series(1, ${n}) n`,
  `insert into participants (nik, reg, batch, decree, state, announced_on, entitlement_idr)
   select nik, reg, 1, 'SK-1', 'participant', '2020-08-15', 3550000 from registrations order by nik`,
  `insert into training select reg, 1, e.event, 'PLT1001', e.at::timestamptz, 0
   from registrations, (values ('completed', '2020-09-15T10:00:00+07:00'), ('rated', '2020-09-15T11:00:00+07:00')) as e (event, at)`,
  `insert into accounts select reg, '2020-09-15T09:00:00+07:00', 'bank', 'bni', lpad(reg::text, 10, '0'), full_name, nik::text, phone, true, 'active', 0
   from registrations`,
  `update batches set state = 'confirmed' where batch = 1`,
  'vacuum analyze',
];

/** The bank has taken the whole file. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>B-1</MsgId><CreDtTm>${PAID_AT}</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>PRAKERJA-RUN-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>ACSP</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>
`;

async function play(meter: Meter, dir: string, rows: number): Promise<void> {
  const [policy, quota, report, file, statement] = [
    'policy.json',
    'quota.csv',
    'report.xml',
    'run.xml',
    'statement.xml',
  ].map((name) => join(dir, name)) as [string, string, string, string, string];
  writeFileSync(policy, JSON.stringify(builtinPolicy));
  writeFileSync(quota, `province_code,quota\n32,${rows}\n`);
  writeFileSync(report, REPORT);
  await meter.command('db', 'migrate');
  await meter.command('batch', 'open', '1', '--policy', policy, '--quota', quota);
  for (const statement of people(rows / INCENTIVES)) await meter.query(statement);
  meter.environment.PRAKERJA_NOW = PAID_AT;
  await meter.stage('prepare', rows, async () => {
    const { count } = await meter.command('payout', 'prepare', '--by', 'ayu');
    if (count !== rows) throw new Error(`${count} instalments were prepared, not ${rows}`);
  });
  await meter.stage('release', rows, async () => void (await meter.command('payout', 'release', '1', '--by', 'budi')));
  if (values.accepted) for (const statement of ACCEPTED) await meter.query(statement);
  else
    await meter.stage('file', rows, async () => {
      const { count } = await meter.command('payout', 'file', '1', '--out', file, '--account', '0123456789');
      if (count !== rows) throw new Error(`${count} orders are in the file, not ${rows}`);
    });
  if (!values.unreported && !values.accepted)
    await meter.stage('statuses', rows, async () => {
      const { accepted } = await meter.command('payout', 'statuses', report);
      if (accepted !== rows) throw new Error(`${accepted} were accepted, not ${rows}`);
    });
  await meter.copyToFile(statement, statementOf(rows), 'text');
  await meter.query('vacuum analyze instalments, payment_orders, ledger_entries');
  await meter.stage('reconcile', rows, async () => {
    const { lines, totals_equal, totals_idr, open_breaks } = await meter.command('reconcile', '--statement', statement);
    const { statement: paid } = totals_idr as { statement: string };
    const wanted = String(BigInt(rows) * BigInt(INCENTIVE_IDR));
    if (lines !== rows || !totals_equal || paid !== wanted || Object.keys(open_breaks as object).length > 0)
      throw new Error(`${lines} lines and ${paid} rupiah were reconciled, not ${rows}; equal: ${totals_equal}`);
  });
}

async function main(): Promise<void> {
  const { dir } = values;
  const rows = Math.floor(Number(values.instalments) / INCENTIVES) * INCENTIVES;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  console.log(`${machine()}; ${rows} instalments`);
  const office = await openBenchOffice(join(dir, 'office'));
  const meter = new Meter(office, printMeasured);
  try {
    await play(meter, dir, rows);
    console.log('Every instalment is paid once, and the three totals agree.');
  } finally {
    meter.stop();
    await office.stop();
  }
}

await main();

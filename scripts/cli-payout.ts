import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';

/** `payout …`: from what is due to what the bank says about it. */
export function addPayoutCommands(program: Command, command: AddCommand, run: RunCommand): void {
  const payout = program.command('payout').description('instalments and payments').exitOverride();
  command(payout, 'prepare', 'make a run of what is due', 'payout prepare --as-of 2020-09-15 --by ayu')
    .requiredOption('--by <who>')
    .action((options) => run(async () => (await import('./payout.ts')).prepare(options)));
  command(payout, 'release <run>', 'release a run; by another person', 'payout release 1 --by budi')
    .requiredOption('--by <who>')
    .action((id, options) => run(async () => (await import('./payout.ts')).release(id, options)));
  command(payout, 'submit <run>', 'send a released run to the bank', 'payout submit 1 --bulk')
    .option('--bulk', 'many orders in one call (SNAP services 20 and 40)')
    .action((id, options) => run(async () => (await import('./payout.ts')).submit(id, options)));
  command(payout, 'stop <run>', 'stop a run: nothing more is sent', 'payout stop 1')
    .option('--by <who>')
    .action((id, options) => run(async () => (await import('./payout.ts')).stop(id, options)));
  command(
    payout,
    'hold <registration_id>',
    "hold one person's payments",
    'payout hold R-0001 --note "account reported stolen"',
  )
    .requiredOption('--note <why>')
    .option('--by <who>')
    .action((id, options) => run(async () => (await import('./payout.ts')).hold(id, options)));
  command(
    payout,
    'unhold <registration_id>',
    'let go what was held',
    'payout unhold R-0001 --by ayu --note "account corrected"',
  )
    .requiredOption('--by <who>')
    .requiredOption('--note <why>')
    .option('--same-account', 'the account that money came back from is in order: the bank has said so')
    .option('--bank-asked', 'the bank contradicted itself, was asked, and the money did not arrive')
    .action((id, options) => run(async () => (await import('./payout.ts')).unhold(id, options)));
  command(payout, 'resolve', 'ask the bank about what is unknown', 'payout resolve').action(() =>
    run(async () => (await import('./payout.ts')).resolve()),
  );
  command(
    payout,
    'reject <reference>',
    "take the bank's written word that it refused, or never got, what is unknown or missing; with --confirm, by another person",
    'payout reject P0A1B2C3D4E5F6G7 --by ayu --note "BNI, letter of 17 September: not received"',
  )
    .requiredOption('--by <who>')
    .option('--note <why>', 'what the bank has written, and when')
    .option('--confirm', 'the second person: the orders are rejected')
    .addHelpText('after', '\nThe id of a call (PRAKERJA-BULK-...) or a file (PRAKERJA-RUN-...) names all its orders.')
    .action((reference, options) => run(async () => (await import('./payout-reject.ts')).reject(reference, options)));
  command(payout, 'listen', 'take what the bank tells by itself, until SIGTERM', 'payout listen --port 8090')
    .option('--port <n>', 'on 127.0.0.1; 0 is any free one', '8090')
    .action((options) => run(async () => (await import('./payout-listen.ts')).listen(options)));
  command(payout, 'status', 'instalments by state', 'payout status').action(() =>
    run(async () => (await import('./payout.ts')).status()),
  );
  command(
    payout,
    'fund',
    'record what the state has paid in; from the first on, a run must be covered',
    'payout fund --amount 1600000000000 --reference SP2D/2020/123 --by ayu',
  )
    .requiredOption('--amount <idr>', 'whole rupiah')
    .requiredOption('--reference <text>', "of the state's transfer")
    .requiredOption('--by <who>')
    .action((options) => run(async () => (await import('./payout-fund.ts')).fund(options)));
  addFileCommands(payout, command, run);
}

/** For a bank that wants files instead of calls. */
function addFileCommands(payout: Command, command: AddCommand, run: RunCommand): void {
  command(payout, 'file <run>', 'write a released run as pain.001, once and for all', 'payout file 1 --out run-1.xml')
    .requiredOption('--out <file>', 'where it goes')
    .option('--account <number>', 'the account that is debited; unset: BANK_SOURCE_ACCOUNT')
    .option('--by <who>')
    .action((id, options) => run(async () => (await import('./payout-file.ts')).payoutFile(id, options)));
  command(payout, 'statuses <file>', "take the bank's report about a file (pain.002)", 'payout statuses report.xml')
    .option('--by <who>')
    .action((file, options) => run(async () => (await import('./payout-statuses.ts')).payoutStatuses(file, options)));
}

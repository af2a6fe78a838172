import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';

/** `breaks …` and `report …`: what finance and auditors work through and sign. */
export function addReportCommands(program: Command, command: AddCommand, run: RunCommand): void {
  const breaks = program.command('breaks').description('what reconciliation could not explain').exitOverride();
  command(breaks, 'list', 'what is open, whose work it is and what to do next', 'breaks list --type duplicate_debit')
    .option('--type <type>', 'only these')
    .option('--assigned-to <who>', 'only theirs')
    .action((options) => run(async () => (await import('./breaks.ts')).list(options)));
  command(breaks, 'assign <id>', 'say whose work a break is', 'breaks assign 17 --to cita --by ayu')
    .requiredOption('--to <who>')
    .requiredOption('--by <who>')
    .action((id, options) => run(async () => (await import('./breaks.ts')).assign(id, options)));
  command(
    breaks,
    'resolve <id>',
    'close a break',
    'breaks resolve 17 --by cita --note "the bank gave the second debit back"',
  )
    .requiredOption('--by <who>')
    .requiredOption('--note <how>')
    .action((id, options) => run(async () => (await import('./breaks.ts')).resolve(id, options)));

  const report = program.command('report').description('what finance signs and auditors ask').exitOverride();
  command(
    report,
    'daily',
    'opening, paid, returned, in flight, closing, and the three totals',
    'report daily --on 2020-09-15 --out reports',
  )
    .option('--on <date>', 'the day in WIB; unset: today')
    .requiredOption('--out <dir>', 'where the HTML and the CSV go')
    .action((options) => run(async () => (await import('./report-daily.ts')).daily(options)));
  command(
    report,
    'accounts',
    'participants whose account would stop a payment, and what to tell them',
    'report accounts --out accounts.csv',
  )
    .requiredOption('--out <file>', 'as CSV')
    .action((options) => run(async () => (await import('./report-accounts.ts')).accountsReport(options)));
  command(
    report,
    'paid-while-listed',
    'who was paid while on an exclusion list, and whether we knew',
    'report paid-while-listed --list asn --known-on 2020-09-15',
  )
    .requiredOption('--list <list>', 'asn, tni, polri, …')
    .option('--on <date>', 'only payments of this day')
    .option('--known-on <date>', 'by what was received by the end of this day')
    .option('--out <file>', 'as CSV')
    .action((options) => run(async () => (await import('./report-listed.ts')).paidListed(options)));
}

import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';

/** `batch schedule …`: batches that open, close and revoke by themselves, while a worker runs. */
export function addScheduleCommands(batch: Command, command: AddCommand, run: RunCommand): void {
  const schedule = command(
    batch,
    'schedule',
    'what opens, closes and revokes by itself; alone: the timetable',
    'batch schedule open --cron "0 12 * * 6" --closes "0 12 * * 2" --policy policy.json --quota quota.csv --by ayu',
  ).action(() => run(async () => (await import('./batch-schedule.ts')).timetable()));
  command(
    schedule,
    'open',
    'open the next batch whenever a pattern says so (in WIB) and close it by another, or one batch at its times',
    'batch schedule open --cron "0 12 * * 6" --closes "0 12 * * 2" --policy policy.json --freed --by ayu',
  )
    .option('--cron <pattern>', 'minute hour day month weekday, in WIB')
    .option('--batch <n>', 'one batch only, with --at')
    .option('--at <time>', 'when it opens')
    .requiredOption(
      '--closes <pattern or time>',
      'when each closes: the first such moment after its opening; with --at a time',
    )
    .requiredOption('--policy <file>', 'the policy each keeps')
    .option('--quota <file>', 'province_code,quota of each')
    .option('--freed', 'add the places that revocations have freed')
    .option('--pool-min <n>', 'closing refuses a pool of fewer people')
    .option('--beacon <source>', 'drand, drand-quicknet or manual', 'manual')
    .requiredOption('--by <who>')
    .action((options) => run(async () => (await import('./batch-schedule.ts')).scheduleOpenings(options)));
  command(schedule, 'close <n>', 'close an open batch at its --closes time', 'batch schedule close 4 --by ayu')
    .option('--beacon <source>', 'drand, drand-quicknet or manual', 'manual')
    .requiredOption('--by <who>')
    .action((n, options) => run(async () => (await import('./batch-schedule.ts')).scheduleClosing(n, options)));
  command(
    schedule,
    'revoke',
    'revoke in every batch whoever bought no first training in time',
    'batch schedule revoke --cron "0 3 * * *" --by ayu',
  )
    .requiredOption('--cron <pattern>', 'minute hour day month weekday, in WIB')
    .requiredOption('--by <who>')
    .action((options) => run(async () => (await import('./batch-schedule.ts')).scheduleRevocations(options)));
  command(
    schedule,
    'pause [name]',
    'nothing opens, closes or revokes by itself, for the day the registry dies',
    'batch schedule pause --by ayu --note "Dukcapil is down"',
  )
    .requiredOption('--by <who>')
    .requiredOption('--note <why>')
    .action((name, options) => run(async () => (await import('./batch-schedule.ts')).pause(name, options)));
  command(
    schedule,
    'resume [name]',
    'go on; what was due meanwhile is made up once',
    'batch schedule resume --by ayu --note "Dukcapil answers"',
  )
    .option('--skip-missed', 'what was due meanwhile is not made up')
    .requiredOption('--by <who>')
    .requiredOption('--note <why>')
    .action((name, options) => run(async () => (await import('./batch-schedule.ts')).resume(name, options)));
  command(schedule, 'drop <name>', 'take a schedule away', 'batch schedule drop open --by ayu --note "last batch"')
    .requiredOption('--by <who>')
    .requiredOption('--note <why>')
    .action((name, options) => run(async () => (await import('./batch-schedule.ts')).drop(name, options)));
}

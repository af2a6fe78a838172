import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';

/** `batch …`: from its opening to the decree. */
export function addBatchCommands(program: Command, command: AddCommand, run: RunCommand): void {
  const batch = program.command('batch').description('batches: open, close, draw, decree').exitOverride();
  command(
    batch,
    'open <n>',
    'open a batch',
    'batch open 4 --policy policy.json --quota quota.csv --closes 2020-08-12T16:00:00+07:00',
  )
    .requiredOption('--policy <file>', 'the policy it keeps')
    .requiredOption('--quota <file>', 'province_code,quota')
    .option('--opens <time>')
    .option('--closes <time>')
    .action((n, options) => run(async () => (await import('./batch.ts')).open(n, options)));
  command(
    batch,
    'quota',
    'apportion places to provinces from weights, by largest remainder',
    'batch quota --weights weights.csv --places 800000 --out quota.csv',
  )
    .requiredOption('--weights <file>', 'province_code,weight and, if wanted, minimum')
    .requiredOption('--places <n>', 'how many in all')
    .requiredOption('--out <file>', 'where the quotas go')
    .action((options) => run(async () => (await import('./batch-quota.ts')).quota(options)));
  command(batch, 'extend <n>', 'close later', 'batch extend 4 --closes 2020-08-13T16:00:00+07:00')
    .requiredOption('--closes <time>')
    .action((n, options) => run(async () => (await import('./batch.ts')).extend(n, options)));
  command(batch, 'close <n>', 'freeze the pool and publish the commitment', 'batch close 4 --beacon drand:1234567')
    .option('--beacon <source:round>', 'a public value that does not exist yet')
    .option('--dir <dir>', 'where the files go')
    .option('--again', 'a second commitment of the same batch')
    .option('--by <who>', 'who asks for --again')
    .option('--note <why>', 'why')
    .action((n, options) => run(async () => (await import('./batch-close.ts')).close(n, options)));
  command(batch, 'draw <n>', 'draw with the published value', 'batch draw 4 --beacon-value 8f3a…')
    .requiredOption('--beacon-value <hex>')
    .action((n, options) => run(async () => (await import('./batch-draw.ts')).draw(n, options)));
  command(batch, 'verify <dir>', 'compute a draw again from its files alone', 'batch verify .data/draws/4').action(
    (dir) => run(async () => (await import('./batch-verify.ts')).verify(dir)),
  );
  command(
    batch,
    'decree <n>',
    'screen the selected again and set them by decree',
    'batch decree 4 --number SK-SYN-2020-004 --by ayu',
  )
    .option('--number <sk>', "the decree's number")
    .option('--by <who>')
    .option('--confirm', 'confirm it; by another person')
    .action((n, options) => run(async () => (await import('./batch-decree.ts')).decree(n, options)));
  command(batch, 'revoke <n>', 'take back places without a first training', 'batch revoke 4 --by ayu')
    .requiredOption('--by <who>')
    .action((n, options) => run(async () => (await import('./batch-revoke.ts')).revoke(n, options)));
  command(batch, 'show <n>', 'a batch in numbers', 'batch show 4').action((n) =>
    run(async () => (await import('./batch.ts')).show(n)),
  );
  command(batch, 'cancel <n>', 'cancel a batch that was not decreed', 'batch cancel 4').action((n) =>
    run(async () => (await import('./batch.ts')).cancel(n)),
  );
}

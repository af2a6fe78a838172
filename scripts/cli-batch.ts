import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';
import { addScheduleCommands } from './cli-schedule.ts';

/** `batch …`: from its opening to the decree. */
export function addBatchCommands(program: Command, command: AddCommand, run: RunCommand): void {
  const batch = program.command('batch').description('batches: open, close, draw, decree').exitOverride();
  addOpening(batch, command, run);
  addDraw(batch, command, run);
  addDecree(batch, command, run);
  addScheduleCommands(batch, command, run);
  command(batch, 'show <n>', 'a batch in numbers', 'batch show 4').action((n) =>
    run(async () => (await import('./batch.ts')).show(n)),
  );
  command(
    batch,
    'cancel <n>',
    'cancel a batch that was not decreed',
    'batch cancel 4 --by AYU --note "the quota was wrong"',
  )
    .option('--by <who>', 'who does it; of a batch that was drawn required')
    .option('--note <why>', 'why; of a batch that was drawn required')
    .action((n, options) => run(async () => (await import('./batch.ts')).cancel(n, options)));
}

/** What its places and its policy are, and until when people join. */
function addOpening(batch: Command, command: AddCommand, run: RunCommand): void {
  command(
    batch,
    'open <n>',
    'open a batch',
    'batch open 4 --policy policy.json --quota quota.csv --closes 2020-08-12T16:00:00+07:00',
  )
    .requiredOption('--policy <file>', 'the policy it keeps')
    .option('--quota <file>', 'province_code,quota')
    .option('--opens <time>')
    .option('--closes <time>')
    .option('--freed', 'add the places that revocations have freed; without --quota, these alone')
    .option('--pool-min <n>', 'closing refuses a pool of fewer people')
    .option('--by <who>')
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
    .option('--closes <time>')
    .option('--pool-min <n>', 'closing refuses a pool of fewer people')
    .option('--by <who>')
    .action((n, options) => run(async () => (await import('./batch.ts')).extend(n, options)));
}

/** From the commitment to what anybody can check. */
function addDraw(batch: Command, command: AddCommand, run: RunCommand): void {
  command(batch, 'close <n>', 'freeze the pool and publish the commitment', 'batch close 4 --beacon drand:9000000')
    .option('--beacon <source:round>', 'a public value that does not exist yet')
    .option('--dir <dir>', 'where the files go')
    .option('--again', 'a second commitment of the same batch')
    .option('--by <who>', 'who does it; with --again required')
    .option('--note <why>', 'why')
    .action((n, options) => run(async () => (await import('./batch-close.ts')).close(n, options)));
  command(batch, 'draw <n>', 'draw with the published value', 'batch draw 4 --beacon-url https://api.drand.sh')
    .option('--beacon-url <url>', 'an API of drand: the committed round is asked for, checked and published')
    .option('--beacon-file <file>', "the round as drand's API prints it, or the minutes of another source")
    .option('--beacon-value <hex>', 'the value as it is, not checked')
    .option('--by <who>')
    .action((n, options) => run(async () => (await import('./batch-draw.ts')).draw(n, options)));
  command(batch, 'key', 'the public key that publications are signed with', 'batch key --out office.pub')
    .option('--out <file>', 'where the key goes')
    .action((options) => run(async () => (await import('./batch-key.ts')).officeKey(options)));
  command(
    batch,
    'verify <dir>',
    'compute a draw again from its files alone',
    'batch verify .data/draws/4 --key office.pub',
  )
    .option('--key <file>', 'the public key that the office publishes: everything must be signed with it')
    .option('--registration <id>', 'also explain what was decided about this registration')
    .action((dir, options) => run(async () => (await import('./batch-verify.ts')).verify(dir, options)));
  command(batch, 'page', 'the page with which anybody verifies a draw in a browser', 'batch page --out verify.html')
    .requiredOption('--out <file>', 'where the page goes')
    .action((options) => run(async () => (await import('./batch-page.ts')).page(options)));
}

/** Who takes part, and who does no more. */
function addDecree(batch: Command, command: AddCommand, run: RunCommand): void {
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
  command(
    batch,
    'revoke <n>',
    'take back places without a first training, or undo it for one',
    'batch revoke 4 --by ayu',
  )
    .requiredOption('--by <who>')
    .option('--undo <registration_id>', 'this person takes part again')
    .option('--note <why>', 'why')
    .option('--until <date>', 'up to when that person may buy the first training')
    .action((n, options) => run(async () => (await import('./batch-revoke.ts')).revoke(n, options)));
}

import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';

/** The civil registry's commands, and those that follow from it. */
export function addRegistryCommands(program: Command, command: AddCommand, run: RunCommand): void {
  const registry = program.command('registry').description('the civil registry (Dukcapil)').exitOverride();
  command(registry, 'status', 'calls, quota, forecast, and whether it answers', 'registry status').action(() =>
    run(async () => (await import('./registry.ts')).registryStatusReport()),
  );
  command(
    registry,
    'rate <n>',
    'calls a second of all workers together, without a restart; "default" as they were started',
    'registry rate 20 --by sari --note "Dukcapil asked us to slow down"',
  )
    .option('--by <who>', 'who asks for it')
    .option('--note <why>', 'why')
    .action((n, options) => run(async () => (await import('./registry.ts')).registryRate(n, options)));

  command(
    registry,
    'request',
    'write the questions about everybody who waits, for matching by file ("pemadanan")',
    'registry request --out request.csv',
  )
    .requiredOption('--out <file>', 'where the questions go')
    .action((options) => run(async () => (await import('./matching.ts')).registryRequest(options)));
  command(
    registry,
    'answers <file>',
    "take in the registry's answer to a request",
    'registry answers answers.csv --by sari',
  )
    .option('--by <who>', 'who brings it')
    .action((file, options) => run(async () => (await import('./matching.ts')).registryAnswers(file, options)));

  const rescue = program.command('rescue').description('a second chance for a slip of the pen').exitOverride();
  command(
    rescue,
    'propose',
    'find rejections at the registry that one slip explains, and write what the applicants are to be asked',
    'rescue propose --out proposals.csv --by sari',
  )
    .option('--out <file>', 'where the proposals go')
    .option('--reason <reason>', 'only these: nik_format, nik_not_found, kk_mismatch or birth_date_mismatch')
    .option('--province <code>', 'only this province')
    .option('--limit <n>', 'look-ups at most')
    .option('--dry-run', 'say how many people and look-ups; change nothing')
    .option('--by <who>', 'who asks for it')
    .action((options) => run(async () => (await import('./rescue.ts')).rescuePropose(options)));
}

import type { Command } from 'commander';
import type { AddCommand, RunCommand } from './cli-command.ts';

/** `operator …`: who may act, in whose name. */
export function addOperatorCommands(program: Command, command: AddCommand, run: RunCommand): void {
  const operator = program.command('operator').description('who may act, each with a token').exitOverride();
  command(
    operator,
    'add <name>',
    'give a person a token; from the first one on, every --by must be its owner',
    'operator add ayu --role admin,finance',
  )
    .requiredOption('--role <roles>', 'admin, operations, finance, approver; several with commas')
    .option('--by <who>', 'an admin')
    .action((name, options) => run(async () => (await import('./operator.ts')).add(name, options)));
  command(operator, 'remove <name>', "end a person's token", 'operator remove ayu --by budi')
    .option('--by <who>', 'an admin')
    .action((name, options) => run(async () => (await import('./operator.ts')).remove(name, options)));
  command(operator, 'list', 'who is an operator, with what roles', 'operator list').action(() =>
    run(async () => (await import('./operator.ts')).list()),
  );
}

import { Command, CommanderError } from 'commander';
import { exit } from '../jobs/errors.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { addBatchCommands } from './cli-batch.ts';
import { addOperatorCommands } from './cli-operator.ts';
import { addPayoutCommands } from './cli-payout.ts';
import { addRegistryCommands } from './cli-registry.ts';
import { addReportCommands } from './cli-reports.ts';
import { type GlobalOptions, main, type Report } from './command.ts';

const program = new Command('prakerja')
  .description('Kartu Prakerja: from registrations to a decree and reconciled payments.')
  .option('--json', 'print one JSON document on stdout and nothing else there')
  .option('--as-of <time>', 'what "now" means: a date or an ISO time with an offset (also PRAKERJA_NOW)')
  .showSuggestionAfterError()
  .configureHelp({ optionTerm: ({ flags, mandatory }) => (mandatory ? `${flags} (required)` : flags) })
  .exitOverride();

/** Runs what a file under scripts/ exports; the file is only loaded when its command is called. */
function run(load: () => Promise<Report>): Promise<void> {
  return main(program.opts<GlobalOptions>(), load);
}

/** A command with an example in its help; options and arguments follow on the returned command. */
function command(parent: Command, usage: string, summary: string, example: string): Command {
  return parent
    .command(usage)
    .description(summary)
    .addHelpText('after', `\nExample:\n  $ prakerja ${example}`)
    .exitOverride();
}

command(program, 'demo', 'play the programme at 1 % from the first file to the reconciled payment', 'demo --console')
  .option('--applicants <n>', 'how many registrations', '231712')
  .option('--seed <n>', 'another nation', '1')
  .option('--dir <dir>', 'where its database, files and report live', '.data/demo')
  .option('--console', 'keep the read-only page open at the end')
  .action((options) => run(async () => (await import('./demo.ts')).demo(options)));

command(
  program,
  'generate',
  'write a synthetic nation with its truth',
  'generate --applicants 20000 --seed 7 --out /tmp/nation',
)
  .requiredOption('--applicants <n>', 'how many registrations')
  .requiredOption('--seed <n>', 'the same seed makes the same files')
  .requiredOption('--out <dir>', 'where to write')
  .option(
    '--first <n>',
    'a later wave: people who are in no nation of fewer; a multiple of 100, 17/16 of those before',
    '0',
  )
  .option('--profile <name>', 'whose shares', 'national-2020')
  .action((options) => run(async () => (await import('./generate.ts')).generate(options)));

command(program, 'sim', 'serve Dukcapil, mail and bank counterparts on real sockets', 'sim --data /tmp/nation --json')
  .requiredOption('--data <dir>', 'a directory that "generate" wrote')
  .option('--faults <file>', 'faults to inject')
  .option('--log <dir>', 'where the append-only logs go')
  .action((options) => run(async () => (await import('./sim.ts')).sim(options, program.opts<GlobalOptions>())));

const db = program.command('db').description('the database').exitOverride();
command(db, 'migrate', 'bring the schema up to date', 'db migrate').action(() =>
  run(async () => (await import('./db.ts')).dbMigrate()),
);
command(db, 'status', 'which migrations the database has', 'db status').action(() =>
  run(async () => (await import('./db.ts')).dbStatus()),
);
command(
  db,
  'restored',
  'say that the database came back from a backup; before any worker or other command runs',
  'db restored --by ayu --note "disk of db1 lost" --taken-at 2020-09-15T02:00:00+07:00',
)
  .option('--by <who>')
  .option('--note <why>')
  .option('--taken-at <time>', 'when the backup was taken; unset: the latest deed that the database knows')
  .option('--files', 'payments may have gone by file or in bulk since, for the first time')
  .action((options) => run(async () => (await import('./db.ts')).dbRestored(options)));
command(
  db,
  'protect',
  "take the ledger and the audit log from the program's role, with a superuser's DATABASE_URL",
  'db protect --by ayu',
)
  .requiredOption('--by <who>')
  .option('--owner <role>', 'the role that owns them from now on', 'prakerja_records')
  .action((options) => run(async () => (await import('./db.ts')).dbProtect(options)));

command(program, 'worker', 'take chunks from the queues until SIGTERM', 'worker --stages email,dukcapil')
  .option('--stages <list>', 'only these stages')
  .option('--concurrency <n>', 'chunks at once per stage')
  .option(
    '--stop-within <seconds>',
    'how long begun chunks may go on after SIGTERM before they are handed back; unset: 20',
  )
  .action((options) => {
    // Before anything is loaded: a stop that comes first is a stop too.
    const stop = stopOnSignals();
    return run(async () => (await import('./worker.ts')).worker(options, stop));
  });

command(
  program,
  'import <kind> <file>',
  'import a file; .gz and - (stdin) too',
  'import registrations registrations.csv.gz',
).action((kind, file) => run(async () => (await import('./import.ts')).importCommand(kind, file)));

const runs = program.command('run').description('deciding who passes').exitOverride();
command(runs, 'start', 'decide what is undecided from dedupe to layer 3', 'run start --wait --inline')
  .option('--policy <file>', "the policy; unset: the latest batch's, else the built-in one")
  .option('--wait', 'return when no chunk is ready or running')
  .option('--inline', 'run the workers inside this command')
  .action((options) => run(async () => (await import('./run.ts')).runStart(options)));
command(runs, 'status', 'how far each stage is', 'run status --json').action(() =>
  run(async () => (await import('./run.ts')).runStatus()),
);
command(runs, 'cancel', 'take back what has not begun', 'run cancel').action(() =>
  run(async () => (await import('./run.ts')).runCancel()),
);

command(program, 'funnel', 'from registrations to incentives paid', 'funnel --batch 4')
  .option('--batch <n>', 'joined to paid for one batch')
  .action((options) => run(async () => (await import('./funnel.ts')).showFunnel(options)));

command(
  program,
  'explain <registration_id>',
  'every decision about one registration, and why',
  'explain R-0001',
).action((id) => run(async () => (await import('./explain.ts')).explain(id)));

addOperatorCommands(program, command, run);
addRegistryCommands(program, command, run);
addReportCommands(program, command, run);

command(
  program,
  'requeue',
  'have people decided again, by reason',
  'requeue --stage dukcapil --reason registry_timeout --province 33 --dry-run',
)
  .requiredOption('--stage <stage>', 'dedupe, email, dukcapil or layer3')
  .option('--reason <reason>', 'only these')
  .option('--province <code>', 'only this province')
  .option('--since <time>', 'decided at or after')
  .option('--until <time>', 'decided before')
  .option('--run <number>', 'whatever this run rejected, parked or left waiting')
  .option('--dry-run', 'say how many people and look-ups; change nothing')
  .option('--by <who>', 'who asks for it')
  .option('--note <why>', 'why')
  .action((options) => run(async () => (await import('./requeue.ts')).requeuePeople(options)));

addBatchCommands(program, command, run);

addPayoutCommands(program, command, run);

command(program, 'reconcile', 'match statements to orders', 'reconcile --statement 2020-09-15.xml')
  .requiredOption('--statement <file...>', 'one or more files')
  .option('--format <format>', 'camt053, camt054, mt940, bni-csv, bca-csv, mandiri-csv, bri-csv or wallet-csv')
  .action((options) => run(async () => (await import('./reconcile.ts')).reconcile(options)));

command(
  program,
  'export <name>',
  'verdicts, participants, payouts, ledger or breaks as CSV',
  'export verdicts --out verdicts.csv',
)
  .requiredOption('--out <file>')
  .action((name, options) => run(async () => (await import('./export.ts')).exportTo(name, options)));

command(program, 'doctor', 'conservation, stuck work, quota, clock, keys, list ages, versions', 'doctor --json').action(
  () => run(async () => (await import('./doctor.ts')).doctor()),
);

const audits = program.command('audit').description('the append-only log').exitOverride();
command(audits, 'verify', 'find a changed row, or one that is gone', 'audit verify')
  .option('--head <hash>', 'what an earlier audit verify, or a signed daily report, has told')
  .action((options) => run(async () => (await import('./audit.ts')).auditVerify(options)));

command(program, 'console', 'a read-only page for operations', 'console --port 8080')
  .option('--port <port>', 'where it listens', '8080')
  .option(
    '--host <address>',
    'another than this machine needs CONSOLE_PASSWORD or CONSOLE_IDENTITY_HEADER',
    '127.0.0.1',
  )
  .action((options) => run(async () => (await import('./console.ts')).console(options)));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  const asked = ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(error.code);
  const helped = asked && error.exitCode === 0;
  process.exitCode = helped ? exit.done : exit.refused;
  // The options may not have been read yet when the error struck.
  if (!helped && process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
}

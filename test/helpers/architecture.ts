import { posix } from 'node:path';

/** A file of ours, by its path from the project's root. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As it is written: './a.ts', 'node:fs', 'bullmq'. */
  readonly from: string;
  readonly typeOnly: boolean;
}

/** Comments, and strings that hold an import as text, say nothing about what is imported. */
const COMMENTS = /\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/[^\n]*/g;
const STATIC = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** What a file imports, in whatever form: import, export from, import(). */
export function importsOf(text: string): Import[] {
  const code = text.replace(COMMENTS, '');
  const fixed = [...code.matchAll(STATIC)].map(([, type, from = '']) => ({ from, typeOnly: type !== undefined }));
  const dynamic = [...code.matchAll(DYNAMIC)].map(([, from = '']) => ({ from, typeOnly: false }));
  return [...fixed, ...dynamic];
}

/** The path of one of ours, or undefined for a package. */
function target({ path }: Source, { from }: Import): string | undefined {
  return from.startsWith('.') ? posix.join(posix.dirname(path), from) : undefined;
}

const STATEMENT = 'workers/payout/statement/';
const ANY_RULES = /^workers\/[^/]+\/rules\.ts$/;
const STAGE = /^workers\/(?!runtime\/)([^/]+)\//;
/** Commands that play the counterparts too, with the files that belong to them. */
const PLAYS = /^scripts\/(?:demo|sim|generate)[^/]*\.ts$/;
const RUNTIME_MAY = /^workers\/[^/]+\/(?:rules|stage)\.ts$/;
const SHARED_WITH_COMMANDS = ['workers/email/bounce-files.ts', 'workers/email/bounce-message.ts'];

const within = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(folder));

/** Style's table: whether a file may import another of ours. */
function mayImport(file: string, other: string): boolean {
  if (within(file, 'test/', 'bench/')) return true;
  if (within(file, 'jobs/')) return within(other, 'jobs/');
  if (within(file, 'db/')) return within(other, 'jobs/', 'db/');
  if (within(file, 'sim/')) return within(other, 'sim/');
  if (file === 'workers/runtime/stages.ts' && RUNTIME_MAY.test(other)) return true;
  if (within(file, 'workers/runtime/')) return within(other, 'jobs/', 'db/', 'workers/runtime/');
  const stage = STAGE.exec(file)?.[0];
  if (stage) return within(other, 'jobs/', stage) || (file === `${stage}store.ts` && within(other, 'db/'));
  if (within(file, 'scripts/') && (within(other, 'scripts/', 'web/') || (PLAYS.test(file) && within(other, 'sim/'))))
    return true;
  if (within(file, 'web/') && within(other, 'web/')) return true;
  if (!within(file, 'scripts/', 'web/')) return within(other, 'jobs/');
  return (
    within(other, 'jobs/', 'db/', 'workers/runtime/', STATEMENT) ||
    ANY_RULES.test(other) ||
    SHARED_WITH_COMMANDS.includes(other)
  );
}

/** What breaks the table, as `file: import`. */
export function violations(sources: readonly Source[]): string[] {
  const found = sources.flatMap((source) => {
    const imports = importsOf(source.text);
    const own = imports.flatMap((one) => {
      const other = target(source, one);
      return other === undefined || mayImport(source.path, other) ? [] : [`${source.path}: ${other}`];
    });
    const queues = imports.filter(({ from }) => from === 'bullmq' || from.startsWith('bullmq/'));
    const mayQueue = source.path === 'workers/runtime/queues.ts' || within(source.path, 'test/', 'bench/');
    return [...own, ...(mayQueue ? [] : queues.map(({ from }) => `${source.path}: ${from}`)), ...printing(source)];
  });
  return [...new Set([...found, ...impureRules(sources)])];
}

/** Programs print reports and write logs; a console call is a left-over. */
function printing({ path, text }: Source): string[] {
  if (within(path, 'scripts/', 'bench/', 'test/')) return [];
  return [...text.replace(COMMENTS, '').matchAll(/\bconsole\.\w+/g)].map(([call]) => `${path}: ${call}`);
}

/** Rules are pure, with everything that they run: no file behind them touches node. */
function impureRules(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  return sources
    .filter(({ path }) => ANY_RULES.test(path))
    .flatMap((rules) => {
      const reached = new Set([rules.path]);
      const found: string[] = [];
      for (const path of reached) {
        const source = byPath.get(path);
        if (!source) continue;
        for (const one of importsOf(source.text)) {
          const other = target(source, one);
          if (one.typeOnly) continue;
          if (other !== undefined) reached.add(other);
          else if (one.from.startsWith('node:')) {
            found.push(
              path === rules.path ? `${path}: ${one.from}` : `${path}: ${one.from} (reached from ${rules.path})`,
            );
          }
        }
      }
      return found;
    });
}

/** Circles of imports among files that are there, each once, from its first file in order. */
export function cycles(sources: readonly Source[]): string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source.text).flatMap((one) => (one.typeOnly ? [] : (target(source, one) ?? []))),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const circle = trail.slice(at);
      const first = circle.indexOf([...circle].sort()[0] as string);
      found.add([...circle.slice(first), ...circle.slice(0, first), circle[first]].join(' > '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return [...found];
}

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;
/** A line that begins a function, an arrow with a body or a method, as Biome formats them; its own brace closes it. */
const OPENS = [
  /^(\s*)(?:export )?(?:default )?(?:async )?function\*? (\w+)/,
  /^(\s*)(?:export )?(?:const|let) (\w+) = .*=> \{$/,
  /^(\s*)(?:static |async |get |set |\*)*(#?\w+)\(.*\)(?::.*)? \{$/,
];
const STATEMENTS = new Set(['if', 'for', 'while', 'switch', 'catch']);

/** Files over 300 lines and functions over 70, by name. */
export function longParts({ path, text }: Source): string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const found = lines.length > FILE_LINES_MAX ? [`${path}: ${lines.length} lines`] : [];
  for (const [i, line] of lines.entries()) {
    const [, indent, name] = OPENS.map((pattern) => pattern.exec(line)).find((match) => match !== null) ?? [];
    if (name === undefined || STATEMENTS.has(name)) continue;
    const ends = new RegExp(`^${indent}\\}[;,)]*$`);
    const length = lines.slice(i).findIndex((other) => ends.test(other)) + 1;
    if (length > FUNCTION_LINES_MAX) found.push(`${path}: ${name} has ${length} lines`);
  }
  return found;
}

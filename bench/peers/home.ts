import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the contestants' packages are installed, and the Node that runs everybody. */
export interface Home {
  readonly dir: string;
  readonly node: string;
  readonly versions: Readonly<Record<string, string>>;
}

const INSTALL_TIMEOUT_MS = 300_000;
/** graphile-worker 0.18 asks for it; pg-boss 12 for 22.12, and both run our rules.ts as it is. */
const NODE_MIN = [22, 18] as const;

/**
 * Installs the contestants' packages below `dir` at the first run and whenever bench/peers/package.json has changed.
 * @throws when npm fails, or when there is no Node that all of them run on
 */
export function prepareHome(dir: string): Home {
  const source = join(import.meta.dirname, 'package.json');
  const installed = join(dir, 'installed.json'); // written last: an install that was broken off is done again
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== readFileSync(source, 'utf8')) {
    install(dir, source);
    copyFileSync(source, installed);
  }
  const node = nodeOf(dir);
  const wanted = Object.keys((JSON.parse(readFileSync(source, 'utf8')) as Manifest).dependencies ?? {});
  const packages = wanted.map((name) => [name, manifest(join(dir, 'node_modules', name)).version ?? '']);
  return { dir, node, versions: { node: versionOf(node), ...Object.fromEntries(packages) } };
}

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function install(dir: string, source: string): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  copyFileSync(source, join(dir, 'package.json'));
  writeFileSync(join(dir, '.npmrc'), 'package-lock=false\n');
  const words = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { status, stderr } = spawnSync('npm', words, { cwd: dir, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS });
  if (status !== 0) throw new Error(`npm could not install the contestants: ${(stderr ?? '').trim()}`);
}

/** Our own Node where it is new enough; else the one that came with the contestants (Linux on x64). */
function nodeOf(dir: string): string {
  if (newEnough(process.versions.node)) return process.execPath;
  const own = join(dir, 'node_modules/n24/bin/node');
  if (existsSync(own)) return own;
  throw new Error(`pg-boss and graphile-worker need Node ${NODE_MIN.join('.')} or newer: run this with one`);
}

function newEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

function versionOf(node: string): string {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().replace(/^v/, '');
}

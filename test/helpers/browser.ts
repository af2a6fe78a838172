import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const HOW = 'install Chromium so that "chromium" is on the PATH (Debian: apt-get install chromium)';

/**
 * A Chromium without a window, installed first where that is possible.
 * @throws when there is none: tests in a browser are never skipped.
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = find() ?? install();
  if (executablePath === undefined) throw new Error(`the tests need a browser: ${HOW}`);
  // Tests run as root in containers, where Chromium's sandbox cannot be made.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

function find(): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter);
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));
}

/** Root on Debian: a fresh container. */
function install(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    spawnSync('apt-get', words, { env, stdio: 'ignore' });
  }
  return find();
}

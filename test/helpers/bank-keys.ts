import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const kept = new Map<string, Buffer>();

/** Gives a simulated bank, before it starts, the keys of the first one of this test file: to make its two pairs takes longer than most tests. */
export function giveKeys(log: string): void {
  mkdirSync(log, { recursive: true });
  for (const [name, pem] of kept) writeFileSync(join(log, name), pem, { mode: 0o600 });
}

/** Remembers the keys that a simulated bank has made. */
export function keepKeys(log: string): void {
  for (const name of readdirSync(log)) if (name.endsWith('.pem')) kept.set(name, readFileSync(join(log, name)));
}

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Maildir = { readonly path: string; deliver(message: string): void };

/** Makes a Maildir (tmp, new, cur). A message is written in tmp and renamed into new, so a reader never sees half. */
export function openMaildir(path: string): Maildir {
  for (const folder of ['tmp', 'new', 'cur']) mkdirSync(join(path, folder), { recursive: true });
  let delivered = 0;
  return {
    path,
    deliver(message) {
      delivered += 1;
      const name = `${Date.now()}.P${process.pid}Q${delivered}.sim`;
      writeFileSync(join(path, 'tmp', name), message);
      renameSync(join(path, 'tmp', name), join(path, 'new', name));
    },
  };
}

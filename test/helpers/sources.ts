import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Source } from './architecture.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['jobs', 'workers', 'db', 'scripts', 'sim', 'web', 'bench', 'test'];

/** Every TypeScript file of ours, but the generated one. */
export function projectSources(): Source[] {
  const present = readdirSync(ROOT).filter((name) => FOLDERS.includes(name));
  return present.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.name.endsWith('.ts'))
      .map((file) => join(file.parentPath, file.name))
      .map((path) => ({ path: relative(ROOT, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
      .filter(({ path }) => path !== 'db/types.ts'),
  );
}

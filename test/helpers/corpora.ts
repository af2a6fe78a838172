import { fileURLToPath } from 'node:url';

/** A file or folder of the corpora that are shared beside the project and too large for it; it may not be there. */
export function corpus(path: string): string {
  return fileURLToPath(new URL(`../../../shared/corpora/${path}`, import.meta.url));
}

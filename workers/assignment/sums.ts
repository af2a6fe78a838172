import { LineError } from './lines.ts';

/** The steps that publish something, in their order; each has a list NAME.sha256 and its signature NAME.sha256.sig. */
export type SignedStep = 'commitment' | 'draw' | 'decree';
export const signedSteps: readonly SignedStep[] = ['commitment', 'draw', 'decree'];

/** The files a step publishes; the first is there as soon as the step has taken place, others may be missing. */
export const signedFiles: Readonly<Record<SignedStep, readonly string[]>> = {
  commitment: ['commitment.json', 'pool.csv', 'quota.csv'],
  draw: ['seed.json', 'beacon.json', 'beacon.txt', 'result.csv'],
  decree: ['decree.csv', 'annex.csv', 'decree.json', 'decree.pdf'],
};

/** A file's SHA-256, as a line of sha256sum has it. */
export interface Sum {
  readonly file: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

const LINE = /^([0-9a-f]{64}) {2}([a-z]+\.[a-z]+)$/;
const FILES_MAX = 10;

/** The text of a list in the format of sha256sum, so that "sha256sum -c" checks it. */
export function sumsText(sums: readonly Sum[]): string {
  return sums.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
}

/** Reads a list. @throws LineError for a line that sha256sum would not have written, or a file that is there twice */
export function parseSums(list: Uint8Array): readonly Sum[] {
  const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(list).split('\n');
  if (lines.pop() !== '') throw new LineError(lines.length + 1, 'is not ended by LF');
  if (lines.length === 0 || lines.length > FILES_MAX)
    throw new LineError(1, `is not a list of 1 to ${FILES_MAX} files`);
  const seen = new Set<string>();
  return lines.map((text, i) => {
    const [, sha256, file] = LINE.exec(text) ?? [];
    if (sha256 === undefined || file === undefined)
      throw new LineError(i + 1, 'is not a SHA-256, two blanks and a file of the draw');
    if (seen.has(file)) throw new LineError(i + 1, `names ${file} again`);
    seen.add(file);
    return { file, sha256 };
  });
}

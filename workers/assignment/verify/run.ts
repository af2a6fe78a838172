import type { Check } from '../files.ts';
import { LineError } from '../lines.ts';
import type { DrawSource } from '../source.ts';
import type { Checked } from './texts.ts';

/** The steps of a verification in their order, each with its share of the time that 12 million people take. */
export const verifySteps = {
  commitment: 0,
  pool: 0.1,
  quota: 0,
  chain: 0,
  seed: 0,
  beacon: 0,
  tickets: 0.26,
  draw: 0.08,
  result: 0.33,
  decree: 0.13,
  annex: 0.1,
  signatures: 0,
} as const;
export type VerifyStep = keyof typeof verifySteps;

/** Called as a step begins and moves on, for whoever shows progress; `share` is what is done of it, 0 to 1. */
export type OnStep = (step: VerifyStep, share: number) => void;

/** What is done of the whole, 0 to 1, when `share` of a step is. */
export function shareOfAll(step: VerifyStep, share: number): number {
  let before = 0;
  for (const [name, part] of Object.entries(verifySteps)) {
    if (name === step) return before + part * share;
    before += part;
  }
  return 1;
}

/** A difference between the files and what they must be. */
export class Difference extends Error {}

/** Far above any file of a draw that is read whole. */
const SMALL_BYTES_MAX = 16 << 20;

/** One verification under way: its files, what was found right so far, and the step it is at. */
export class VerifyRun {
  readonly source: DrawSource;
  readonly #checked: Checked[] = [];
  readonly #hashes = new Map<string, string>();
  readonly #onStep: OnStep;
  #step: VerifyStep = 'commitment';

  constructor(source: DrawSource, onStep: OnStep) {
    this.source = source;
    this.#onStep = onStep;
  }

  /** What was found right so far, in order. */
  get checked(): readonly Checked[] {
    return this.#checked;
  }

  /** The step that runs, or ended last. */
  get at(): VerifyStep {
    return this.#step;
  }

  /** Runs a step under its name. */
  async step<T>(name: VerifyStep, body: () => T | Promise<T>): Promise<T> {
    this.#step = name;
    this.progress(0);
    const value = await body();
    this.progress(1);
    return value;
  }

  /** @param share done of the present step, 0 to 1 */
  progress(share: number): void {
    this.#onStep(this.#step, share);
  }

  /** Notes that something is right. */
  found(checked: Checked): void {
    this.#checked.push(checked);
  }

  async has(name: string): Promise<boolean> {
    return (await this.source.size(name)) !== undefined;
  }

  /** Streams a file through a check and keeps its hash. @throws Difference naming file and line */
  async read(name: string, check?: Check): Promise<void> {
    const pieces = await this.source.read(name);
    if (pieces === undefined) throw new Difference(`${name}: is missing`);
    const size = (await this.source.size(name)) ?? 0;
    const hash = this.source.sha256();
    await within(name, async () => {
      let bytes = 0;
      for await (const piece of pieces) {
        hash.update(piece);
        check?.push(piece);
        bytes += piece.length;
        this.progress(Math.min(1, bytes / size));
      }
      check?.finish();
    });
    this.#hashes.set(name, hash.hex());
  }

  /** The bytes of a small file; undefined when it is not there. @throws Difference when it is over 16 MiB */
  async bytes(name: string): Promise<Uint8Array | undefined> {
    const size = await this.source.size(name);
    if (size === undefined) return undefined;
    if (size > SMALL_BYTES_MAX)
      throw new Difference(`${name}: is over ${SMALL_BYTES_MAX} bytes, so it is something else`);
    const whole = new Uint8Array(size);
    let end = 0;
    await this.read(name, {
      push: (piece) => {
        whole.set(piece, end);
        end += piece.length;
      },
      finish: () => undefined,
    });
    return whole;
  }

  /** SHA-256 of a file in lower-case hex, read only if it was not yet. @throws Difference when it is missing */
  async hash(name: string): Promise<string> {
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    await this.read(name);
    return this.hash(name);
  }
}

/** Runs one check and gives what it finds wrong the file's name. @throws Difference */
export async function within<T>(name: string, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof LineError) throw new Difference(`${name} line ${error.line}: ${error.detail}`);
    throw error;
  }
}

/** @throws Difference when two values that must be the same are not */
export function same(found: string, must: string, where: string, what: string): void {
  if (found !== must) throw new Difference(`${where} is ${found}, the ${what} is ${must}`);
}

/** @throws LineError for bytes that are not UTF-8; a BOM stays, and is no JSON */
export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LineError(1, 'is not UTF-8');
  }
}

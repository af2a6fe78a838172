/** Exit codes of the contract, section 1. */
export const exit = { done: 0, failed: 1, refused: 2, needs_person: 3 } as const;
export type ExitCode = (typeof exit)[keyof typeof exit];

/** An error whose message is written for the person who typed the command. */
export class PrakerjaError extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PrakerjaError';
    this.exitCode = exitCode;
  }
}

/** Bad usage, bad configuration, a forbidden state change, an input refused whole: nothing was changed (exit 2). */
export function refuse(message: string): PrakerjaError {
  return new PrakerjaError(message, exit.refused);
}

/** It failed; the message says what was kept and what to do next (exit 1). */
export function fail(message: string, cause?: unknown): PrakerjaError {
  return new PrakerjaError(message, exit.failed, cause === undefined ? undefined : { cause });
}

/** A thing that is not there yet says so (exit 1). */
export function notYet(what: string): PrakerjaError {
  return new PrakerjaError(`not yet: ${what}`, exit.failed);
}

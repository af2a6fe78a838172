import { readFile } from 'node:fs/promises';
import { exit, refuse } from '../jobs/errors.ts';
import {
  type Drawn,
  explain,
  explainSentences,
  explainTexts,
  isRegistrationId,
  LineError,
  type OfficeKey,
  readOfficeKey,
  shareOfAll,
} from '../workers/assignment/rules.ts';
import { done, type Report } from './command.ts';
import { type VerifiedDirectory, verifyDraw } from './draw-verify.ts';
import { startProgress } from './progress.ts';

export interface VerifyOptions {
  /** A file with the public key that the office publishes. */
  readonly key?: string;
  /** The registration whose place in the draw is to be explained. */
  readonly registration?: string;
}

/** `batch verify DIR`: needs the files and nothing else; exit 1 naming the first difference. */
export async function verify(dir: string, options: VerifyOptions = {}): Promise<Report> {
  const { registration } = options;
  if (registration !== undefined && !isRegistrationId(registration)) throw refuse(explainTexts.notAnId);
  const key = options.key === undefined ? undefined : await readKey(options.key);
  const { ok, drawn, checked, notes, difference, again } = await verifyShowing(dir, key);
  const lines = [...checked.map((sentence) => `  ok  ${sentence}`), ...notes.map((sentence) => `  --  ${sentence}`)];
  if (!ok)
    return {
      exitCode: exit.failed,
      json: { ok, drawn, checked, notes, difference },
      lines: [...lines, `The draw does not verify: ${difference}`],
    };
  const end = drawn
    ? 'The draw verifies: computed again from its files, it is the same.'
    : 'The commitment verifies; the draw has not taken place yet.';
  if (registration === undefined) return done({ ok, drawn, checked, notes }, ...lines, end);
  const { explanation, sentences } = explained(again, registration);
  return done({ ok, drawn, checked, notes, registration: { ...explanation, sentences } }, ...lines, end, ...sentences);
}

/** Shows how far it is, in hundredths of the whole. */
async function verifyShowing(dir: string, key: OfficeKey | undefined): Promise<VerifiedDirectory> {
  const progress = startProgress('verifying', '%', 100);
  try {
    return await verifyDraw(dir, (step, share) => progress.update(Math.floor(shareOfAll(step, share) * 100)), key);
  } catch (error) {
    throw refuse(`${dir} cannot be read: ${error instanceof Error ? error.message : error}`);
  } finally {
    progress.end();
  }
}

function explained(again: Drawn | undefined, registration: string) {
  if (again === undefined)
    return { explanation: {}, sentences: [`The draw has not taken place: nothing was decided about ${registration}.`] };
  const explanation = explain(again, registration);
  return { explanation, sentences: explainSentences(explainTexts, explanation) };
}

async function readKey(path: string): Promise<OfficeKey> {
  try {
    return await readOfficeKey(await readFile(path));
  } catch (error) {
    throw refuse(`--key cannot be read: ${error instanceof LineError ? error.detail : (error as Error).message}`);
  }
}

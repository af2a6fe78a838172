import { type DecreeLine, decreeLines, decreeLineText, parseDecreeLine } from '../decree.ts';
import { type Check, drawFile } from '../files.ts';
import { LineError, textLines } from '../lines.ts';
import { type DrawRule, findInPool, type Pool } from '../pool.ts';
import type { DrawResult } from '../result.ts';
import type { VerifyRun } from './run.ts';

/** Lines of decree.csv of people who were removed or promoted, by their index in the pool. */
export type DecreeChanges = ReadonlyMap<number, DecreeLine>;

/**
 * Computes the decree again from whom it removes, and compares it line by line. The reasons cannot be computed from
 * these files; that the removals lead to exactly these promotions can.
 * @returns undefined when there is no decree
 */
export async function verifyDecree(
  run: VerifyRun,
  pool: Pool,
  result: DrawResult,
  rule: DrawRule,
): Promise<DecreeChanges | undefined> {
  if (!(await run.has(drawFile.decree))) return undefined;
  const changes = new Map<number, DecreeLine>();
  await run.read(
    drawFile.decree,
    textLines((text, line) => noteChange(pool, changes, text, line)),
  );
  const reasonOf = (index: number) => {
    const change = changes.get(index);
    return change?.decision === 'removed' ? change.reason : undefined;
  };
  await run.read(drawFile.decree, comparing(decreeLines(pool, result, rule, reasonOf)));
  const removed = [...changes.values()].filter(({ decision }) => decision === 'removed').length;
  run.found({ key: 'decree', facts: { removed } });
  return changes;
}

function noteChange(pool: Pool, changes: Map<number, DecreeLine>, text: string, line: number): void {
  const read = parseDecreeLine(text, line);
  const index = findInPool(pool, read.registrationId);
  if (index === undefined) throw new LineError(line, `${read.registrationId} is not in the pool`);
  // Whoever stands there twice is removed: the comparison finds the other line.
  if (read.decision === 'removed' || (read.decision === 'promoted' && !changes.has(index))) changes.set(index, read);
}

function comparing(expected: Iterator<DecreeLine, void>): Check {
  const lines = textLines((text, line) => compareDecreeLine(expected.next().value ?? undefined, text, line));
  return {
    push: (chunk) => lines.push(chunk),
    finish: () => {
      lines.finish();
      const missing = expected.next().value;
      if (missing)
        throw new LineError(lines.lines + 1, `is missing; it must be "${decreeLineText(missing).trimEnd()}"`);
    },
  };
}

function compareDecreeLine(expected: DecreeLine | undefined, text: string, line: number): void {
  if (expected === undefined) throw new LineError(line, `is one too many: "${text}"`);
  const must = decreeLineText(expected).trimEnd();
  if (text !== must) throw new LineError(line, `is "${text}", must be "${must}"`);
}

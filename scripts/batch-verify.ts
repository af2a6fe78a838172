import { exit, refuse } from '../jobs/errors.ts';
import { done, type Report } from './command.ts';
import { verifyDraw } from './draw-verify.ts';

/** `batch verify DIR`: needs the files and nothing else; exit 1 naming the first difference. */
export async function verify(dir: string): Promise<Report> {
  const { ok, drawn, checked, difference } = await verifyDraw(dir).catch((error: unknown) => {
    throw refuse(`${dir} cannot be read: ${error instanceof Error ? error.message : error}`);
  });
  const lines = checked.map((sentence) => `  ok  ${sentence}`);
  if (!ok)
    return {
      exitCode: exit.failed,
      json: { ok, drawn, checked, difference },
      lines: [...lines, `The draw does not verify: ${difference}`],
    };
  const end = drawn
    ? 'The draw verifies: computed again from its files, it is the same.'
    : 'The commitment verifies; the draw has not taken place yet.';
  return done({ ok, drawn, checked }, ...lines, end);
}

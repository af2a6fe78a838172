import { type Drawn, explain, shareOfAll, type VerifyStep, verifyDraw } from '../../workers/assignment/rules.ts';
import { chosenDraw } from './chosen.ts';
import type { Answer, Request } from './messages.ts';

const PROGRESS_EVERY_MS = 100;

/** The draw as computed again: kept, so that many can be explained after one verification. */
let again: Drawn | undefined;

function tell(answer: Answer): void {
  postMessage(answer);
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).catch((error: unknown) =>
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});

async function answer(request: Request): Promise<void> {
  if (request.kind === 'explain') {
    if (again) tell({ kind: 'explained', explanation: explain(again, request.registrationId) });
    return;
  }
  const verified = await verifyDraw(chosenDraw(request.files, request.directory), progress());
  const { again: drawn, ...outcome } = verified;
  again = drawn;
  tell({ kind: 'verified', outcome });
}

/** Tells of every step, and within one ten times a second. */
function progress(): (step: VerifyStep, share: number) => void {
  let last = 0;
  let lastStep: VerifyStep | undefined;
  return (step, share) => {
    const now = performance.now();
    if (step === lastStep && now - last < PROGRESS_EVERY_MS) return;
    last = now;
    lastStep = step;
    tell({ kind: 'progress', step, share: shareOfAll(step, share) });
  };
}

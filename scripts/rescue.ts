import { audit } from '../db/audit.ts';
import type { Db } from '../db/connection.ts';
import {
  keepRescued,
  type Rejected,
  type RescueFilter,
  rejectedPages,
  rescueReasons,
  standingProposals,
} from '../db/rescue.ts';
import { defaultPolicyId, loadPolicy } from '../db/run.ts';
import { refuse } from '../jobs/errors.ts';
import { slipTexts } from '../jobs/slip-texts.ts';
import { candidatesOf, isSlip } from '../jobs/slips.ts';
import { spokenSeconds } from '../jobs/time.ts';
import type { Office } from '../workers/runtime/office.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { createRescue } from '../workers/runtime/stages.ts';
import { registryStatus } from '../workers/runtime/status.ts';
import { inNameOf } from './actor.ts';
import { done, type Report, withOffice } from './command.ts';
import { PRIVATE_FILE, writeWhole } from './draw-files.ts';
import { personName } from './options.ts';
import { startProgress } from './progress.ts';

export interface RescueOptions {
  readonly out?: string;
  readonly reason?: string;
  readonly province?: string;
  /** Look-ups at most. */
  readonly limit?: string;
  readonly dryRun?: boolean;
  readonly by?: string;
}

interface Found {
  rejected: number;
  /** Rejections that a slip would explain. */
  explained: number;
  /** Look-ups: made, or with --dry-run at most needed. */
  calls: number;
  confirmed: number;
  certain: number;
  refuted: number;
  /** Left for the next time: the quota or the limit is used up, or the registry is away. */
  unasked: number;
}

/**
 * `rescue propose`: looks for slips of the pen that explain a rejection, has each confirmed by one look-up at most, and
 * writes down what the applicants are to be asked. Nobody's registration is changed: their answers come back through
 * `import corrections`.
 */
export function rescuePropose(options: RescueOptions): Promise<Report> {
  const filter = filterOf(options);
  const limit = limitOf(options.limit);
  if (options.dryRun) return withOffice((office) => preview(office, filter));
  const who = personName('--by', options.by);
  const { out } = options;
  if (!out) throw refuse('--out must name the file for the proposals');
  return inNameOf({ name: who, role: 'operations' }, async (office) => {
    const found = await search(office, filter, limit);
    const note = `${found.calls} look-ups`;
    await office.db.transaction().execute((tx) => audit(tx, { who, action: 'rescue propose', subject: out, note }));
    let proposals = 0;
    const counted = lines(office.db, () => proposals++);
    await writeWhole(out, counted, { mode: PRIVATE_FILE });
    const again = found.unasked > 0 ? ` ${found.unasked} could not be asked about: call this again later.` : '';
    return done(
      { ...found, proposals, file: out },
      `${found.rejected} rejections were looked at; one slip would explain ${found.explained}. ${found.calls} look-ups confirmed ${found.confirmed} and refuted ${found.refuted}; ${found.certain} needed none.${again}`,
      `${proposals} proposals to applicants were written to ${out}. What they answer comes back with "prakerja import corrections".`,
    );
  });
}

async function preview(office: Office, filter: RescueFilter): Promise<Report> {
  const found = nothing();
  for await (const page of rejectedPages(office.db, filter)) {
    found.rejected += page.length;
    for (const person of page) {
      const candidates = candidatesOf(person);
      if (candidates.length > 0) found.explained++;
      if (office.config.registry) found.calls += candidates.filter(({ changes }) => changes).length;
    }
  }
  const { forecast } = await registryStatus(office, found.calls);
  const end = forecast === null ? 'the end cannot be told' : `about ${spokenSeconds(forecast)}`;
  return done(
    { ...found, proposals: 0 },
    `One slip would explain ${found.explained} of ${found.rejected} rejections; ${found.calls} look-ups at most, ${end}. Nothing was changed.`,
  );
}

async function search(office: Office, filter: RescueFilter, limit: number): Promise<Found> {
  const { db, config } = office;
  const found = nothing();
  const policy = await loadPolicy(db, await defaultPolicyId(db));
  const stop = stopOnSignals();
  const rescue = await createRescue(config, db, { now: config.now(), policy, signal: stop });
  const progress = startProgress('looking for slips', 'rejections');
  try {
    for await (const page of rejectedPages(db, filter)) {
      if (stop.aborted) break;
      const { looked, calls } = await rescue.lookAt(page, limit - found.calls);
      found.rejected += page.length;
      found.calls += calls;
      found.explained += new Set(looked.map(({ reg }) => reg)).size;
      for (const { state } of looked) found[state]++;
      await keep(db, page, looked);
      progress.update(found.rejected, found.rejected);
    }
  } finally {
    progress.end();
    await rescue.close();
  }
  return found;
}

type Looked = Awaited<ReturnType<Awaited<ReturnType<typeof createRescue>>['lookAt']>>['looked'][number];

async function keep(db: Db, page: readonly Rejected[], looked: readonly Looked[]): Promise<void> {
  const decidedAt = new Map(page.map(({ reg, decided_at }) => [reg, decided_at]));
  const open = new Set(looked.filter(({ state }) => state === 'unasked').map(({ reg }) => reg));
  const rescued = looked.flatMap(({ reg, number, candidate: { slip }, state }) =>
    state === 'unasked' || open.has(reg)
      ? []
      : [{ reg, number, slip, state, decided_at: decidedAt.get(reg) as string }],
  );
  await keepRescued(db, rescued);
}

const HEADER = 'registration_id,reason,slip,state,ask_id,ask_en\n';

/** Every proposal that still stands: a later decision about somebody takes theirs away. */
async function* lines(db: Db, count: () => void): AsyncGenerator<string> {
  yield HEADER;
  for await (const { registration_id, reason, slip, state } of standingProposals(db)) {
    if (!isSlip(slip)) continue;
    count();
    const { id, en } = slipTexts[slip];
    yield `${registration_id},${reason},${slip},${state},${quoted(id)},${quoted(en)}\n`;
  }
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function filterOf({
  reason = null,
  province = null,
}: {
  reason?: string | null;
  province?: string | null;
}): RescueFilter {
  if (reason !== null && !(rescueReasons as readonly string[]).includes(reason))
    throw refuse(`--reason must be one of ${rescueReasons.join(', ')}`);
  if (province !== null && !/^\d{2}$/.test(province)) throw refuse('--province must be a code of two digits');
  return { reason, province };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.MAX_SAFE_INTEGER;
  if (!/^\d{1,9}$/.test(text)) throw refuse('--limit must be a number of look-ups');
  return Number(text);
}

function nothing(): Found {
  return { rejected: 0, explained: 0, calls: 0, confirmed: 0, certain: 0, refuted: 0, unasked: 0 };
}

import { audit } from '../db/audit.ts';
import { assignBreak, type OpenBreak, readOpenBreaks, resolveBreak } from '../db/breaks.ts';
import { type BreakStep, breakSteps, shownSinceStep } from '../jobs/break-steps.ts';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { wibDate } from '../jobs/time.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { personName } from './options.ts';

const LIST_MAX = 1000;
const SHOWN_SINCE = 'on a statement since';

/** `breaks list`: what is open, the oldest first, whose work it is and what to do next; exit 3 while there is any. */
export function list(options: { type?: string; assignedTo?: string }): Promise<Report> {
  const { type, assignedTo } = options;
  if (type !== undefined && !Object.hasOwn(breakSteps, type))
    throw refuse(`there is no type "${type}"; the types are ${Object.keys(breakSteps).join(', ')}`);
  return withOffice(async ({ db, config }) => {
    const breaks = await readOpenBreaks(db, { type, assignedTo, today: wibDate(config.now()), limit: LIST_MAX });
    if (breaks.length === 0) return done({ breaks }, 'No break is open.');
    const steps = new Map(breaks.map((one) => [kindOf(one), stepOf(one)]));
    const lines = breaks.map((one) => {
      const amount = one.amount_idr === null ? '' : formatRupiah(BigInt(one.amount_idr));
      const place =
        one.statement === null
          ? ''
          : `statement ${one.statement}${one.statement_line === null ? '' : `, line ${one.statement_line}`}`;
      const cells = [
        one.break_id.padStart(7),
        one.type.padEnd(18),
        (one.reference ?? '').padEnd(17),
        amount.padStart(16),
      ];
      return `${cells.join('  ')}  ${one.age_days} d  ${one.assigned_to ?? 'nobody'}  ${one.shown_since ? SHOWN_SINCE : place}`;
    });
    const more = breaks.length === LIST_MAX ? [`The first ${LIST_MAX}; "prakerja export breaks" has them all.`] : [];
    return needsPerson(
      { breaks: breaks.map((one) => ({ ...one, next_step: stepOf(one) })) },
      ...lines,
      ...more,
      'Next:',
      ...[...steps].map(([kind, step]) => `  ${kind}: ${step?.en}`),
    );
  });
}

/** What the next step of a break goes by. */
function kindOf({ type, shown_since }: OpenBreak): string {
  return shown_since ? `${type}, ${SHOWN_SINCE}` : type;
}

function stepOf({ type, shown_since }: OpenBreak): BreakStep | undefined {
  return shown_since ? shownSinceStep : breakSteps[type];
}

/** `breaks assign ID --to NAME --by WHO` */
export function assign(id: string, options: { to: string; by: string }): Promise<Report> {
  const by = personName('--by', options.by);
  const to = personName('--to', options.to);
  return inNameOf({ name: by, role: 'finance' }, async ({ db }) => {
    await db.transaction().execute(async (tx) => {
      await assignBreak(tx, breakNumber(id), to);
      await audit(tx, { who: by, action: 'break assign', subject: `break ${id}`, note: to });
    });
    return done({ break_id: id, assigned_to: to }, `Break ${id} is ${to}'s work now.`);
  });
}

/** `breaks resolve ID --by WHO --note WHY` */
export function resolve(id: string, options: { by: string; note: string }): Promise<Report> {
  const by = personName('--by', options.by);
  const note = options.note.trim();
  if (note === '') throw refuse('--note must say how it was resolved');
  return inNameOf({ name: by, role: 'finance' }, async ({ db, config }) => {
    await db.transaction().execute(async (tx) => {
      await resolveBreak(tx, breakNumber(id), by, note, config.now());
      await audit(tx, { who: by, action: 'break resolve', subject: `break ${id}`, note });
    });
    return done(
      { break_id: id, state: 'resolved' },
      `Break ${id} is resolved. Ledger and instalment stay as they are.`,
    );
  });
}

function breakNumber(text: string): string {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw refuse(`"${text}" is not the number of a break`);
  return text;
}

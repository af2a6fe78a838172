import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from '../db/audit.ts';
import {
  batchCounts,
  cancelBatch,
  findBatch,
  lockBatch,
  type OpenedBatch,
  openBatch,
  takeBackClosing,
} from '../db/batch.ts';
import { freePlacesLeft, originsOf } from '../db/places.ts';
import { storePolicy } from '../db/run.ts';
import { moveClosing } from '../db/schedules.ts';
import { withLock } from '../db/session.ts';
import { fail, type PrakerjaError, refuse } from '../jobs/errors.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, type Report, withOffice } from './command.ts';
import { drawFile } from './draw-files.ts';
import { batchNumber, instant } from './options.ts';
import { readQuotaFile } from './quota-file.ts';
import { readPolicyFile } from './run.ts';

export interface OpenOptions {
  readonly policy: string;
  readonly quota?: string;
  readonly opens?: string;
  readonly closes?: string;
  /** Adds the places that revocations have freed; without a quota file they are all there is. */
  readonly freed?: boolean;
  readonly poolMin?: string;
  readonly by?: string;
}

/** `batch open N`: a batch keeps the policy and the quota it was opened with. */
export async function open(text: string, options: OpenOptions): Promise<Report> {
  const batch = batchNumber(text);
  const policy = readPolicyFile(options.policy);
  const { freed = false } = options;
  if (options.quota === undefined && !freed) throw refuse('--quota FILE must give the places, or --freed, or both');
  const quota = options.quota === undefined ? new Map<string, number>() : await readQuotaFile(options.quota);
  const opens = options.opens === undefined ? null : instant('--opens', options.opens);
  const closes = options.closes === undefined ? null : instant('--closes', options.closes);
  if (opens && closes && opens >= closes) throw refuse('--opens must be before --closes');
  const poolMin = poolMinimum(options.poolMin) ?? 0;
  return inNameOf({ name: options.by, role: 'operations' }, async ({ db, config }, who) => {
    const now = config.now();
    if (closes && closes <= now) throw passed(closes);
    const opened = await db.transaction().execute(async (tx) => {
      const policyId = await storePolicy(tx, policy);
      const made = await openBatch(tx, { batch, policyId, quota, opens, closes, freed, poolMin, now });
      await audit(tx, { who, action: 'batch open', subject: `batch ${batch}`, note: `${made.seats} places` });
      return made;
    });
    const left = await freePlacesLeft(db);
    return done(
      await batchDocument(db, batch),
      openedSentence(batch, opened, policy.name),
      ...(left > 0 ? [`  ${left} places of revoked people are free and not in it; --freed adds them to a batch.`] : []),
    );
  });
}

/** Nobody could join it any more. */
function passed(closes: Date): PrakerjaError {
  return refuse(`--closes ${closes.toISOString()} has passed: give a time that is still to come`);
}

/** Its pool is being frozen: nobody changes that any more. */
export function beingClosed(batch: number): PrakerjaError {
  return refuse(
    `batch ${batch} is being closed at this moment; nothing was changed: "batch show ${batch}" says what came of it`,
  );
}

/** What an opening came to. */
export function openedSentence(batch: number, opened: OpenedBatch, policy: string): string {
  const freed = opened.freed > 0 ? `, ${opened.freed} of them freed by revocations` : '';
  const carried =
    opened.carried > 0 ? ` ${opened.carried} people who waited on us are in it without joining again.` : '';
  return `Batch ${batch} is open: ${opened.seats} places in ${opened.provinces} provinces${freed}, policy ${policy}.${carried}`;
}

/** @throws exit 2 unless it is a number of people */
export function poolMinimum(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw refuse('--pool-min must be a number of people');
  return Number(text);
}

/** `batch extend N --closes T`: later, or with another minimum of people in its pool, or both. */
export function extend(text: string, options: { closes?: string; poolMin?: string; by?: string }): Promise<Report> {
  const batch = batchNumber(text);
  const closes = options.closes === undefined ? undefined : instant('--closes', options.closes);
  const pool_min = poolMinimum(options.poolMin);
  if (!closes && pool_min === undefined) throw refuse('--closes T must say until when, or --pool-min N the least pool');
  return inNameOf({ name: options.by, role: 'operations' }, async ({ db, config }, who) => {
    const now = config.now();
    const closing = await db.transaction().execute(async (tx) => {
      const row = await lockBatch(tx, batch, ['open']);
      if (!(await takeBackClosing(tx, batch, 'the batch was extended'))) throw beingClosed(batch);
      if (closes && closes <= now) throw passed(closes);
      if (closes && row.closes && closes <= row.closes)
        throw refuse(`batch ${batch} closes at ${row.closes.toISOString()}; extending means later`);
      const changes = { ...(closes && { closes }), ...(pool_min !== undefined && { pool_min }) };
      await tx.updateTable('batches').set(changes).where('batch', '=', batch).execute();
      if (closes) await moveClosing(tx, batch, closes);
      const note = `closes ${closes?.toISOString() ?? 'as before'}, ${pool_min ?? 'as many'} people in its pool`;
      await audit(tx, { who, action: 'batch extend', subject: `batch ${batch}`, note });
      return closes ?? row.closes;
    });
    const shown = await batchDocument(db, batch);
    const when = closing ? `closes at ${closing.toISOString()}` : 'closes when somebody closes it';
    return done(shown, `Batch ${batch} now ${when}, with ${shown.pool_min} people in its pool or more.`);
  });
}

/** `batch show N` */
export function show(text: string): Promise<Report> {
  const batch = batchNumber(text);
  return withOffice(async ({ db }) => {
    const shown = await batchDocument(db, batch);
    return done(
      shown,
      `Batch ${batch} is ${shown.state}: ${shown.joined} joined, ${shown.eligible} in the pool, ${shown.quota} places, ${shown.selected} selected, ${shown.participants} participants.`,
      ...shown.freed.map(({ from, places }) => `  ${places} of its places are of people revoked in batch ${from}.`),
    );
  });
}

/**
 * `batch cancel N`: only before its decree. The result of a batch that was drawn is known, so whoever cancels it answers
 * for that: --by and --note.
 */
export function cancel(text: string, options: { by?: string; note?: string } = {}): Promise<Report> {
  const batch = batchNumber(text);
  return inNameOf({ name: options.by, role: 'operations' }, async (office, who) => {
    const { db, config } = office;
    const note = options.note?.trim() ?? '';
    const body = () =>
      db.transaction().execute(async (tx) => {
        await cancelBatch(tx, batch, config.now());
        const { dir, drawn_at } = await findBatch(tx, batch);
        // A draw that was interrupted has published its value, from which anybody computes the result.
        const drawn = drawn_at !== null || (dir !== null && existsSync(join(dir, drawFile.seed)));
        if (drawn && (options.by === undefined || note === ''))
          throw refuse(
            `batch ${batch} was drawn: "batch cancel ${batch} --by WHO --note WHY" says who cancels it and why`,
          );
        await audit(tx, { who, action: 'batch cancel', subject: `batch ${batch}`, note });
      });
    // While it is open, its closing may wait for hours for decisions in flight; later nobody cancels what is being drawn.
    await ((await findBatch(db, batch)).state === 'open' ? body() : alone(office, batch, body));
    return done(await batchDocument(db, batch), `Batch ${batch} is cancelled. Who joined it can join another.`);
  });
}

/**
 * Closings, draws and decrees of one batch, one at a time over all processes.
 * @param taken instead, while another process is at it; without it that is exit 1
 */
export function alone<T>(
  { database }: Office,
  batch: number,
  body: () => Promise<T>,
  taken: () => T = () => {
    throw fail(
      `another process closes or draws batch ${batch}, or sets its decree, now; nothing was changed: try again when it has ended`,
    );
  },
): Promise<T> {
  return withLock(database, `batch ${batch}`, body, taken);
}

/** `batch show` as JSON. */
export async function batchDocument(db: Office['db'], batch: number) {
  const { state, dir, pool_min } = await findBatch(db, batch);
  const freed = await originsOf(db, batch);
  return { batch, state, ...(await batchCounts(db, batch)), dir, pool_min, freed };
}

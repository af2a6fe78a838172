import { EventEmitter, once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { screened } from '../../../workers/layer3/rules.ts';
import { resolveOrders } from '../../../workers/payout/resolve.ts';
import { intendOrders, loadToSend, loadUnknown, move } from '../../../workers/payout/store.ts';
import { sendOrders } from '../../../workers/payout/submit.ts';
import { statement, taking } from '../../helpers/camt.ts';
import { releasedRun, TODAY, town } from '../../helpers/payout.ts';
import { json, startBank } from './bank-server.ts';

const NOON = new Date(`${TODAY}T12:00:00+07:00`);
const NEXT = new Date('2020-09-16T09:00:00+07:00');
const signal = new AbortController().signal;

it('a worker that was frozen before its call does not make it while another one makes the second try', async () => {
  const here = await town({ people: 9 });
  const { db } = here.database;
  const run = await releasedRun(here.office);
  const chunk = { lo: '1', hi: '9' } as Parameters<typeof loadToSend>[1];
  const rows = await loadToSend(db, chunk, run, NOON);
  const orders = await intendOrders(db, rows as Parameters<typeof intendOrders>[1], NOON);
  const last = orders.at(-1)?.reference as string;
  const bank = await startBank();
  onTestFinished(() => bank.close());
  const happens = new EventEmitter();
  const sent: string[] = [];
  bank.onCall = async ({ path, body }, response) => {
    const { partnerReferenceNo: reference } = JSON.parse(body) as { partnerReferenceNo?: string };
    if (reference === undefined) return json(response, 404, { responseCode: '4043601' });
    sent.push(reference);
    happens.emit(reference === last ? 'second' : 'first', path);
    await once(happens, reference === last ? 'answered' : 'thawed');
    json(response, 200, { responseCode: '2001800', partnerReferenceNo: reference });
  };
  // Eight calls wait for the bank, the ninth for one of them; then the process is frozen until the next day.
  let clock = NOON;
  const first = sendOrders(db, run, orders, bank.client(), { now: () => clock, signal });
  while (sent.length < 8) await once(happens, 'first');
  // Its chunk is another's by now: whoever was not answered for is unknown, and the statement of the day comes.
  const moves = orders.map(({ instalmentId }) => ({ instalmentId, to: 'unknown' as const, reason: 'no_answer' }));
  await move(db, ['submitting'], moves, NEXT);
  await taking(here)(NEXT.toISOString(), statement([], 'S1', 10_000_000, undefined, NEXT.toISOString()));
  // The bank knows nothing of the ninth: the other worker sends it again, and the answer takes a while.
  const unknown = (await loadUnknown(db, chunk, NEXT)).filter(({ reference }) => reference === last);
  const tried = once(happens, 'second');
  const second = resolveOrders(db, unknown, bank.client(), { now: () => NEXT, signal }, screened);
  await tried;
  clock = NEXT;
  happens.emit('thawed');
  await first;
  happens.emit('answered');
  await second;
  expect(sent.filter((reference) => reference === last)).toEqual([last]);
  expect((await here.states()).R9).toBe('accepted');
});

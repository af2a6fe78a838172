import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../db/free-port.ts';
import { openSubmission } from '../../db/payout.ts';
import { resolveUnknown, stopIt, submitRun } from '../../scripts/payout.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { executeHere } from '../../workers/runtime/worker.ts';
import { startCommand } from '../helpers/commands.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { paidTwice, releasedRun, type Town, town } from '../helpers/payout.ts';
import { type BankServer, json, type Received, startBank } from '../workers/payout/bank-server.ts';

const ANSWERS_AFTER_MS = 300;

async function counts({ states }: Town): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const state of Object.values(await states())) {
    const [name = ''] = state.split(' ');
    all[name] = (all[name] ?? 0) + 1;
  }
  return all;
}

async function bankOf(onCall: (call: Received, response: ServerResponse) => void): Promise<BankServer> {
  const bank = await startBank();
  onTestFinished(() => bank.close());
  bank.onCall = (call, response) =>
    call.path.includes('inquiry') ? json(response, 404, { responseCode: '4041600' }) : onCall(call, response);
  return bank;
}

const asking = (office: Office, url: string): Office => ({
  ...office,
  config: { ...office.config, bank: { ...(office.config.bank as NonNullable<Office['config']['bank']>), url } },
});

describe('a command that is stopped', () => {
  const started = async (here: Town, bank: BankServer, ...words: string[]) => {
    const environment = {
      ...officeEnvironment(here.database, 'redis', here.dir),
      ...here.sim.env,
      PRAKERJA_NOW: here.office.config.now().toISOString(),
      BANK_URL: bank.url,
    };
    const seen = bank.calls.length;
    const command = startCommand(['payout', ...words], environment);
    while (!bank.calls.slice(seen).some(({ path }) => !path.includes('inquiry'))) await pause(20);
    command.process.kill('SIGTERM');
    return command.ended;
  };

  it('in the middle of sending ends with 1; whom it had not called is released still, and is sent by the next', {
    timeout: 60_000,
  }, async () => {
    const here = await town({ people: 40 });
    const run = await releasedRun(here.office);
    const bank = await bankOf(async (_, response) => {
      await pause(ANSWERS_AFTER_MS);
      json(response, 200, { responseCode: '2001800' });
    });
    const { code, stderr } = await started(here, bank, 'submit', run);
    expect(code).toBe(1);
    expect(stderr).toMatch(/stopped while payout run 1 was sent: \d+ orders were sent.*payout submit 1/);
    const states = await counts(here);
    expect(Object.keys(states).sort()).toEqual(['accepted', 'released']);
    const before = states.accepted ?? 0;
    const said = await submitRun(asking(here.office, bank.url), run);
    expect(said).toMatchObject({ exitCode: 0, json: { state: 'done', sent: 40 - before } });
    const sent = bank.calls.filter(({ path }) => path.endsWith('interbank'));
    expect(new Set(sent.map(({ body }) => JSON.parse(body).partnerReferenceNo)).size).toBe(40);
    expect(sent.length).toBe(40);
  });

  it('in the middle of asking ends with 1 too', { timeout: 60_000 }, async () => {
    const here = await town({ people: 20, faults: [{ fault: 'answer_lost' }] });
    await submitRun(here.office, await releasedRun(here.office));
    const bank = await bankOf(async (_, response) => {
      await pause(ANSWERS_AFTER_MS);
      json(response, 404, { responseCode: '4043601' });
    });
    const { code, stderr } = await started(here, bank, 'resolve');
    expect(code).toBe(1);
    expect(stderr).toMatch(/stopped while the bank was asked.*payout resolve/);
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 0, json: { unknown: 0 } });
    expect(paidTwice(here.bankLog())).toEqual([]);
  });
});

describe('a bank that does not let us in', () => {
  it.each<[string, (here: Town) => Promise<{ url?: string; clientId?: string }>, RegExp]>([
    ['nobody listens', async () => ({ url: `http://127.0.0.1:${await freePort()}` }), /ECONNREFUSED/],
    ['a client that it does not know', async () => ({ clientId: 'nobody' }), /HTTP 401 4017300/],
  ])('%s: nothing is sent, everybody stays released, and the command ends with 1', async (_, settings, why) => {
    const here = await town({ people: 3 });
    const run = await releasedRun(here.office);
    const bank = { ...(here.office.config.bank as NonNullable<Office['config']['bank']>), ...(await settings(here)) };
    const wrong = { ...here.office, config: { ...here.office.config, bank } };
    const ended = submitRun(wrong, run);
    await expect(ended).rejects.toThrow(/nothing was sent/);
    const error = await ended.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringMatching(why) });
    expect((error as Error).message).toMatch(/payout submit 1/);
    expect((error as Error).message).not.toContain(bank.clientSecret);
    expect(await here.states()).toEqual({ R1: 'released', R2: 'released', R3: 'released' });
    expect(await submitRun(here.office, run)).toMatchObject({ exitCode: 0, json: { sent: 3 } });
  });

  it('a worker lets the chunk wait, and sends it when the bank is back', async () => {
    const token = { fault: 'http_503', endpoint: 'token', until_call: 1 };
    const here = await town({ people: 2, faults: [token] });
    const run = await releasedRun(here.office);
    await here.database.db.transaction().execute((tx) => openSubmission(tx, run));
    const { rows } = await here.database.pool.query<{ id: string }>(
      `select chunk_id as id from chunks where stage = 'payout'`,
    );
    const id = rows[0]?.id as string;
    expect(await executeHere(here.office, 'payout', id)).toBe('handed back');
    expect(await here.states()).toEqual({ R1: 'released', R2: 'released' });
    const { rows: chunks } = await here.database.pool.query(
      `select state, attempt, error from chunks where stage = 'payout'`,
    );
    expect(chunks).toEqual([{ state: 'ready', attempt: 0, error: expect.stringContaining('HTTP 503') }]);
    // Given again, the command waits for no pause of before.
    expect(await submitRun(here.office, run)).toMatchObject({ exitCode: 0, json: { sent: 2 } });
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted' });
  });

  it('that goes away while a run is sent: the orders under way are unknown, the others stay released', async () => {
    const here = await town({ people: 20 });
    const run = await releasedRun(here.office);
    let answered = 0;
    const bank = await bankOf((_, response) => {
      response.setHeader('Connection', 'close');
      json(response, 200, { responseCode: '2001800' });
      if (++answered === 8) response.on('finish', () => void bank.stop());
    });
    await expect(submitRun(asking(here.office, bank.url), run)).rejects.toThrow(
      /8 orders were sent, 8 are unknown.*4 stay released.*payout submit 1.*payout resolve/s,
    );
    expect(await counts(here)).toEqual({ accepted: 8, unknown: 8, released: 4 });
  });
});

describe('what the command says', () => {
  it('how many are unknown, and what to do, first of all', async () => {
    const here = await town({ people: 3, faults: [{ fault: 'http_500', until_call: 2 }] });
    const said = await submitRun(here.office, await releasedRun(here.office));
    expect(said).toMatchObject({ exitCode: 0, json: { sent: 3, states: { unknown: 2, accepted: 1 } } });
    expect(said.lines[0]).toMatch(/^Payout run 1: 3 orders were sent, and 2 are unknown: "prakerja payout resolve"/);
  });

  it('of a run that was sent: nothing to do; of one that is stopped or not released: no', async () => {
    const here = await town({ people: 1 });
    const run = await releasedRun(here.office);
    await submitRun(here.office, run);
    const again = await submitRun(here.office, run);
    expect(again).toMatchObject({ exitCode: 0, json: { run, state: 'done', sent: 0 } });
    expect(again.lines[0]).toContain('was sent already, nothing to do');
    expect(here.bankLog().length).toBe(1);
    const next = await here.officeAt('2020-10-15T12:00:00+07:00');
    const second = await releasedRun(next);
    await stopIt(next, second);
    await expect(submitRun(next, second)).rejects.toMatchObject({ exitCode: 2 });
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { trialBalance } from '../../db/ledger.ts';
import { kept, listening, notice, references, say } from '../helpers/bank-messages.ts';
import { type Command, startCommand } from '../helpers/commands.ts';
import { officeEnvironment, temporaryDir } from '../helpers/office.ts';
import { pay, type Town, town } from '../helpers/payout.ts';

describe('the same message again', () => {
  it('at the same moment: both are answered, one counts', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const message = notice((await references(here)).R1 ?? '', '00');
    const odd = { headers: { 'X-EXTERNAL-ID': '777' } };
    const said = await Promise.all(Array.from({ length: 6 }, () => here.say(message, odd)));
    expect(said.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(here.listener.counts).toEqual({ kept: 1, again: 5, refused: 0 });
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '0', paid: '600000' });
  });

  it('the listener is killed before it has kept it: nothing happened, and the next one takes it', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const message = notice((await references(here)).R1 ?? '', '00');
    const gate = await closedGate(here);
    const first = await listenerProcess(here);
    const sent = say(here, first.url, message, { headers: { 'X-EXTERNAL-ID': '778' } });
    sent.catch(() => undefined);
    await gate.reached(1);
    first.command.process.kill('SIGKILL');
    await expect(sent).rejects.toThrow();
    await gate.open();
    await first.command.ended;
    const second = await listenerProcess(here);
    expect((await say(here, second.url, message, { headers: { 'X-EXTERNAL-ID': '778' } })).status).toBe(200);
    expect(await kept(here)).toEqual(['00 applied']);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '0', paid: '600000' });
    second.command.process.kill('SIGTERM');
    expect((await second.command.ended).code).toBe(0);
  });

  it('it was kept and the answer never arrived: the bank sends it again and hears that all is well', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const message = notice((await references(here)).R1 ?? '', '00');
    const gate = await closedGate(here);
    const away = new AbortController();
    const odd = { headers: { 'X-EXTERNAL-ID': '779' } };
    const sent = here.say(message, { ...odd, signal: away.signal });
    sent.catch(() => undefined);
    await gate.reached(1);
    away.abort();
    await expect(sent).rejects.toThrow();
    const again = here.say(message, odd);
    await gate.reached(2);
    await gate.open();
    expect((await again).status).toBe(200);
    expect(here.listener.counts).toEqual({ kept: 1, again: 1, refused: 0 });
    expect(await kept(here)).toEqual(['00 applied']);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '0', paid: '600000' });
  });
});

/** Whoever has kept nothing yet waits for the instalments. */
async function closedGate({ database }: Town) {
  const client = await database.pool.connect();
  await client.query('begin');
  await client.query('select from instalments for update');
  return {
    /** Resolves when so many sessions wait for it. */
    reached: async (sessions: number) => {
      const waiting = `select count(*)::int4 as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      for (let n = 0; n < sessions; ) n = (await database.pool.query<{ n: number }>(waiting)).rows[0]?.n ?? 0;
    },
    open: async () => {
      await client.query('rollback');
      client.release();
    },
  };
}

/** `payout listen` as a process of its own. */
async function listenerProcess({ database, sim, office }: Town): Promise<{ command: Command; url: string }> {
  const now = office.config.now().toISOString();
  const environment = {
    ...officeEnvironment(database, 'redis', temporaryDir(onTestFinished)),
    ...sim.env,
    PRAKERJA_NOW: now,
  };
  const command = startCommand(['payout', 'listen', '--port', '0'], environment);
  let said = '';
  command.process.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await command.said('SIGTERM or Ctrl-C');
  return { command, url: /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '' };
}

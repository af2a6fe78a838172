import { beforeEach, describe, expect, it } from 'vitest';
import { createLimiter } from '../../../workers/runtime/limiter.ts';
import { testDatabase } from '../../helpers/database.ts';

const database = await testDatabase();
const { db, pool } = database;
const never = new AbortController().signal;

/** Every lease as the row went through it: the moments that it handed out begin where the row stood before. */
const WATCH = `
  create table leases (number bigint generated always as identity, name text not null, began timestamptz not null, until timestamptz not null);
  create function note_lease() returns trigger language plpgsql as $$
  begin
    if new.next_at = old.next_at then return null; end if;
    insert into leases (name, began, until) values (new.name, greatest(old.next_at, transaction_timestamp()), new.next_at);
    return null;
  end $$;
  create trigger note_lease after update on counterparts for each row execute function note_lease()`;
await pool.query(WATCH);

interface Lease {
  readonly began_ms: number;
  readonly until_ms: number;
}

async function leases(name: string): Promise<Lease[]> {
  const { rows } = await pool.query<Lease>(
    `select extract(epoch from began)::float8 * 1000 as began_ms, extract(epoch from until)::float8 * 1000 as until_ms
     from leases where name = $1 order by number`,
    [name],
  );
  return rows;
}

beforeEach(() => pool.query('truncate leases'));

describe('permits', () => {
  it('of two processes share one row: their leases never overlap and hold their calls', async () => {
    const RATE_PER_SECOND = 400;
    const GROUP = RATE_PER_SECOND / 10;
    const CALLS = 120;
    const limiters = await Promise.all([
      createLimiter(db, 'shared', { rate_per_second: RATE_PER_SECOND }),
      createLimiter(db, 'shared', { rate_per_second: RATE_PER_SECOND }),
    ]);
    await Promise.all(limiters.flatMap((limiter) => Array.from({ length: CALLS }, () => limiter.permit(never))));
    const taken = await leases('shared');
    expect(taken.length * GROUP).toBeGreaterThanOrEqual(CALLS * limiters.length);
    for (const [i, lease] of taken.entries()) {
      const before = taken[i - 1];
      if (before)
        expect(lease.until_ms - before.until_ms).toBeGreaterThanOrEqual((GROUP * 1030) / RATE_PER_SECOND - 0.01);
    }
  });

  it('no second on the server’s clock has more moments than the rate', async () => {
    const RATE_PER_SECOND = 100;
    const GROUP = 10;
    const limiter = await createLimiter(db, 'second', { rate_per_second: RATE_PER_SECOND });
    await Promise.all(Array.from({ length: 120 }, () => limiter.permit(never)));
    const moments = (await leases('second')).flatMap(({ until_ms }) =>
      Array.from({ length: GROUP }, (_, i) => until_ms - ((GROUP - i) * 1030) / RATE_PER_SECOND),
    );
    for (const from of moments) {
      // Up to 30 ms pass between a moment and the call's arrival: a second at the other end is 1030 ms here.
      const inSecond = moments.filter((at) => at >= from && at < from + 1029.99).length;
      expect(inSecond).toBeLessThanOrEqual(RATE_PER_SECOND);
    }
  });

  it('counterparts do not wait for each other', async () => {
    await createLimiter(db, 'closed', { rate_per_second: 1 });
    await pool.query(`update counterparts set next_at = clock_timestamp() + interval '1 day' where name = 'closed'`);
    const other = await createLimiter(db, 'open', { rate_per_second: 100 });
    await other.permit(never);
    expect((await leases('open')).length).toBeGreaterThan(0);
  });

  it('a pause that somebody set is kept by a limiter that begins later', async () => {
    const pause = `update counterparts set next_at = clock_timestamp() + interval '300 ms' where name = 'paused' returning next_at`;
    const limiter = await createLimiter(db, 'paused', { rate_per_second: 1000 });
    const { rows } = await pool.query<{ next_at: Date }>(pause);
    await createLimiter(db, 'paused', { rate_per_second: 1000 });
    await limiter.permit(never);
    const now = await pool.query<{ now: Date }>('select clock_timestamp() as now');
    expect(now.rows[0]?.now.getTime()).toBeGreaterThanOrEqual((rows[0]?.next_at.getTime() ?? 0) - 1);
  });

  it('a call that is not wanted any more gets none', async () => {
    const limiter = await createLimiter(db, 'stopped', { rate_per_second: 100 });
    const stop = new AbortController();
    stop.abort(new Error('the process stops'));
    await expect(limiter.permit(stop.signal)).rejects.toThrow('the process stops');
  });
});

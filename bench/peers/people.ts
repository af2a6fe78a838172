import { wibDate } from '../../jobs/time.ts';
import { PLAYED_AT } from '../nation.ts';
import { HERE } from './here.ts';
import { BASE } from './nation.ts';
import type { Servers } from './servers.ts';

/** The database that every contestant gets a copy of. */
export const PEOPLE = 'peer_people';

// What layer 3 reads of a person stands ready in one row, so that a contestant needs one look-up by key; ours gathers
// lists and OTP from their own tables. The verdicts are ours with their constraints and index, without the chunk.
const SCHEMA = `
  create table people (
    reg bigint primary key, registration_id text not null, registered_at timestamptz not null, nik bigint,
    birth_date date not null, in_school boolean not null, disability boolean not null, employment text not null,
    listed text[] not null, phone_verified boolean not null);
  create table verdicts (
    reg bigint primary key,
    outcome text not null check (outcome in ('passed', 'rejected', 'waiting', 'parked')),
    reason text not null default '', detail text not null default '',
    decided_at timestamptz not null default clock_timestamp(), due_at timestamptz, policy_id integer not null,
    check ((outcome = 'passed') = (reason = '')), check (due_at is null or outcome = 'waiting'));
  create index verdicts_waiting on verdicts (outcome, reason) where outcome in ('waiting', 'parked')`;

const CHOSEN = `
  select r.reg, r.registration_id, r.registered_at, r.nik, r.birth_date, r.in_school, r.disability, r.employment,
    coalesce((select array_agg(distinct x.list) from exclusions_known x
      where x.nik = r.nik and $2::date >= x.valid_from and (x.valid_to is null or $2::date <= x.valid_to)), '{}') as listed,
    exists (select from otp o where o.reg = r.reg and o.phone = r.phone and o.result = 'verified') as phone_verified
  from registrations r join verdicts_dukcapil u on u.reg = r.reg and u.outcome = 'passed'
  order by hashint8(r.reg) limit $1`;

/** Makes the contestants' template: so many of the people whom our layer 3 has undecided, spread over the whole nation. */
export async function preparePeople(servers: Servers, people: number): Promise<void> {
  await servers.create(PEOPLE);
  await servers.query(PEOPLE, SCHEMA);
  const [chosen] = await servers.query<{ n: number; rows: unknown }>(
    BASE,
    `select count(*)::int4 as n, json_agg(c) as rows from (${CHOSEN}) c`,
    [people, wibDate(new Date(PLAYED_AT))],
  );
  if (chosen?.n !== people) throw new Error(`only ${chosen?.n ?? 0} people reach layer 3, fewer than ${people}`);
  await servers.query(
    PEOPLE,
    'insert into people select (json_populate_record(null::people, c)).* from json_array_elements($1) as c order by 1',
    [JSON.stringify(chosen.rows)],
  );
  await servers.settle(PEOPLE);
}

/** People decided, and a digest of all their verdicts in order. */
interface Decided {
  readonly n: number;
  readonly digest: string;
}

const DECIDED = `count(*)::int4 as n, md5(string_agg(concat_ws('|', reg, outcome, reason, detail), ';' order by reg)) as digest`;

/**
 * Compares what a contestant has written with what ours has decided about the same people.
 * @throws when a verdict is missing, doubled or different
 */
export async function checkPeer(servers: Servers, name: string, database: string, people: number): Promise<void> {
  const written = await servers.query<Decided & { regs: string[] }>(
    database,
    `select ${DECIDED}, array_agg(reg) as regs from verdicts`,
  );
  const ours = await servers.query<Decided>(
    HERE,
    `select ${DECIDED} from verdicts_layer3 where reg = any($1::bigint[])`,
    [written[0]?.regs ?? []],
  );
  if (written[0]?.n !== people) throw new Error(`${name} wrote ${written[0]?.n ?? 0} verdicts for ${people} people`);
  if (written[0].digest !== ours[0]?.digest) throw new Error(`${name} decided otherwise than we did`);
}

/** @throws unless ours has written one verdict for each of its people, in chunks whose counts add up */
export async function checkHere(servers: Servers, people: number): Promise<void> {
  const [row] = await servers.query<{ n: number; strangers: number }>(
    HERE,
    `select count(*)::int4 as n, count(*) filter (where u.outcome is distinct from 'passed')::int4 as strangers
     from verdicts_layer3 v left join verdicts_dukcapil u on u.reg = v.reg`,
  );
  if (row?.n !== people || row.strangers !== 0) throw new Error(`here: ${row?.n ?? 0} verdicts for ${people} people`);
}

import type { Pool } from 'pg';

// What must hold after every event, in one query. It imports nothing of the program: contract.md, section 7, is written
// down here a second time.

const LEGAL = [
  ['due', 'prepared held'],
  ['prepared', 'released held'],
  ['released', 'submitting held'],
  ['submitting', 'accepted unknown rejected held'],
  ['unknown', 'accepted paid rejected submitting held'],
  ['accepted', 'paid returned rejected held'],
  ['paid', 'returned'],
  ['rejected', 'held'],
  ['returned', 'held'],
  ['held', 'due'],
] as const;

const pairs = LEGAL.flatMap(([from, to]) => to.split(' ').map((one) => `('${from}', '${one}')`)).join(', ');

/** Each yields a sentence for everything that is wrong. */
const RULES = [
  // Every transaction balances, so the whole does.
  `select format('ledger transaction %s does not balance', transaction_id) from ledger_entries
   group by transaction_id having sum(debit_idr) <> sum(credit_idr)`,
  // An entry that was ever made is there, and as it was.
  `select format('entry %s was changed or is gone', coalesce(w.entry_id, e.entry_id)) from witness.entries w
   full join ledger_entries e using (entry_id) where w is distinct from e`,
  // What an account holds is what the states of the instalments say.
  `select format('%s holds %s rupiah, and the instalments say %s', s.account, coalesce(l.held, 0), coalesce(i.held, 0))
   from (values ('programme', array['released']), ('in_flight', array['submitting', 'unknown', 'accepted']), ('paid', array['paid']),
     ('returned', array['returned'])) s (account, states)
   left join lateral (select sum(debit_idr - credit_idr) as held from ledger_entries e where e.account = s.account) l on true
   left join lateral (select sum(amount_idr) as held from instalments where state = any(s.states)) i on true
   where coalesce(l.held, 0) <> coalesce(i.held, 0)`,
  // The same, order by order: two wrongs do not make a right.
  `select format('order %s of an instalment that is %s has %s rupiah in flight, %s paid and %s returned', o.reference, i.state, l.flying, l.paid, l.back)
   from payment_orders o join instalments i using (instalment_id)
   cross join lateral (
     select coalesce(sum(d) filter (where account = 'in_flight'), 0) as flying, coalesce(sum(d) filter (where account = 'paid'), 0) as paid,
       coalesce(sum(d) filter (where account = 'returned'), 0) as back
     from (select account, debit_idr - credit_idr as d from ledger_entries e where e.reference = o.reference) e) l
   where (l.flying, l.paid, l.back) is distinct from (
     case when i.order_number = o.order_number and i.state in ('submitting', 'unknown', 'accepted') then i.amount_idr else 0 end,
     case when i.order_number = o.order_number and i.state = 'paid' then i.amount_idr else 0 end,
     case when i.order_number = o.order_number and i.state = 'returned' then i.amount_idr else 0 end)`,
  `select format('an instalment went from %s to %s', from_state, to_state) from witness.changes
   where (from_state, to_state) not in (values ${pairs})`,
  `select format('an instalment that is %s has no order %s', state, order_number) from instalments i
   where state in ('submitting', 'unknown', 'accepted', 'paid', 'rejected', 'returned') and not exists (
     select from payment_orders o where (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number))`,
  `select format('an instalment has %s orders and stands at number %s', count(o.reference), i.order_number) from instalments i
   left join payment_orders o using (instalment_id) group by i.instalment_id having count(o.reference) <> i.order_number`,
  `select format('an instalment is %s and in no run', state) from instalments
   where state in ('prepared', 'released', 'submitting', 'unknown', 'accepted', 'paid') and payout_run is null`,
  `select format('an instalment is held for no reason') from instalments where state = 'held' and trim(reason) = ''`,
  // A reference is one order's, for ever, and over every restore.
  `select format('%s was the reference of two orders', reference) from witness.orders
   group by reference having count(distinct (nik, batch, kind, number, order_number)) > 1`,
];

// Planned once a connection: planning takes longer than looking.
const QUERY = RULES.map((rule, i) => `select * from (${rule}) rule_${i} (what)`).join(' union all ');

/** Names everything about ledger and states that must never be; empty: nothing is. */
export async function steadyFaults(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ what: string }>({ name: 'steady', text: QUERY });
  return rows.map(({ what }) => what);
}

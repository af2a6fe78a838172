import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

// The judge of a schedule. It reads exports and the counterparts' append-only logs, and imports nothing of the program.

type Row = Readonly<Record<string, string>>;

/** What a schedule leaves in a directory: `verdicts`, `history`, `payouts` and `ledger` as exported, and the counterparts' logs. */
interface Evidence {
  readonly verdicts: readonly Row[];
  readonly history: readonly Row[];
  readonly payouts: readonly Row[];
  readonly ledger: readonly Row[];
  readonly bank: readonly BankLine[];
  readonly mails: readonly { readonly message_id: string; readonly accepted?: boolean }[];
}

interface BankLine {
  readonly reference: string;
  readonly amount_idr: string;
  readonly debited: boolean;
}

/** Names every way in which `dir` differs from the quiet day's directory or contradicts itself; empty: it is as it must be. */
export function judge(quietDir: string, dir: string): string[] {
  const [quiet, found] = [read(quietDir), read(dir)];
  return [
    ...sameVerdicts(quiet, found),
    ...decidedOnce(quiet, found),
    ...conserved(found),
    ...samePayments(quiet, found),
    ...debitedOnce(found),
    ...booksAgree(found),
    ...mailedOnce(found),
  ];
}

function read(dir: string): Evidence {
  const table = (name: string): Row[] => parse(readFileSync(join(dir, `${name}.csv`)), { columns: true });
  const log = (name: string) => {
    const lines = readFileSync(join(dir, `${name}.ndjson`), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  };
  const [verdicts, history, payouts, ledger] = ['verdicts', 'history', 'payouts', 'ledger'].map(table) as Row[][];
  return { verdicts, history, payouts, ledger, bank: log('bank'), mails: log('mail') } as Evidence;
}

const SHOWN = 3;

/** The first few of what is in one and not in the other. */
function differences(what: string, quiet: Iterable<string>, found: Iterable<string>): string[] {
  const [must, is] = [new Set(quiet), new Set(found)];
  const missing = [...must].filter((key) => !is.has(key));
  const strange = [...is].filter((key) => !must.has(key));
  const some = (keys: string[], how: string) =>
    keys.length === 0 ? [] : [`${what}: ${keys.length} ${how}, such as ${keys.slice(0, SHOWN).join(' | ')}`];
  return [...some(missing, 'of the quiet day are missing'), ...some(strange, 'are not those of the quiet day')];
}

const columns = (row: Row, ...names: string[]) => names.map((name) => row[name]).join(',');
const place = (row: Row) => columns(row, 'registration_id', 'stage');
const verdict = (row: Row) => columns(row, 'registration_id', 'stage', 'outcome', 'reason');

/** Every registration ends where the quiet run put it; nobody is lost, nobody is there twice. */
function sameVerdicts(quiet: Evidence, { verdicts }: Evidence): string[] {
  const twice = verdicts.map(place).filter((key, i, all) => all.indexOf(key) !== i);
  return [
    ...differences('verdicts', quiet.verdicts.map(verdict), verdicts.map(verdict)),
    ...twice.map((key) => `two verdicts at once: ${key}`),
  ];
}

/** Nobody was meanwhile told something final that no quiet day would have told them. */
function decidedOnce(quiet: Evidence, found: Evidence): string[] {
  const final = ({ outcome }: Row) => outcome === 'passed' || outcome === 'rejected';
  const told = ({ verdicts, history }: Evidence) => [...verdicts, ...history].filter(final).map(verdict);
  const known = new Set(told(quiet));
  const strange = told(found).filter((key) => !known.has(key));
  return strange.slice(0, SHOWN).map((key) => `decided meanwhile as on no quiet day: ${key}`);
}

const NEXT: Readonly<Record<string, string>> = { dedupe: 'email', email: 'dukcapil', dukcapil: 'layer3' };

/** Whoever passed a stage has a verdict of the next one, and nobody else has. */
function conserved({ verdicts }: Evidence): string[] {
  const there = new Set(verdicts.map(place));
  const owed = new Set(
    verdicts.flatMap(({ registration_id, stage = '', outcome }) =>
      outcome === 'passed' && NEXT[stage] ? [`${registration_id},${NEXT[stage]}`] : [],
    ),
  );
  const lost = [...owed].filter((key) => !there.has(key));
  const strange = [...there].filter((key) => !key.endsWith(',dedupe') && !owed.has(key));
  return [
    ...lost.slice(0, SHOWN).map((key) => `lost between stages: ${key}`),
    ...strange.slice(0, SHOWN).map((key) => `a verdict without a passed one before it: ${key}`),
  ];
}

const instalment = (row: Row) => columns(row, 'registration_id', 'batch', 'kind', 'number', 'state');

function samePayments(quiet: Evidence, found: Evidence): string[] {
  return differences('instalments', quiet.payouts.map(instalment), found.payouts.map(instalment));
}

/** At most one debit per payment order, and none that no order explains. */
function debitedOnce({ bank, payouts }: Evidence): string[] {
  const orders = new Map(payouts.map((row) => [row.reference, row]));
  const debits = bank.filter(({ debited }) => debited);
  const times = new Map<string, number>();
  for (const { reference } of debits) times.set(reference, (times.get(reference) ?? 0) + 1);
  if (debits.length === 0) return ['the bank debited nothing: this day says nothing about money'];
  const wrong = [...times].filter(([, n]) => n > 1).map(([reference, n]) => `${reference} was debited ${n} times`);
  for (const { reference, amount_idr } of debits) {
    const order = orders.get(reference);
    if (!order) wrong.push(`${reference} was debited and no order has this reference`);
    else if (order.amount_idr !== amount_idr) wrong.push(`${reference} was debited ${amount_idr}`);
  }
  for (const { reference = '', state } of payouts) {
    if (state === 'paid' && !times.has(reference)) wrong.push(`${reference} is paid and was never debited`);
  }
  return wrong;
}

/** The ledger balances entry by entry, and says of what was paid what the bank says. */
function booksAgree({ bank, ledger }: Evidence): string[] {
  const accounts = new Map<string, bigint>();
  const transactions = new Map<string, bigint>();
  const add = (to: Map<string, bigint>, key = '', amount = 0n) => to.set(key, (to.get(key) ?? 0n) + amount);
  for (const { account, transaction_id, debit_idr = '0', credit_idr = '0' } of ledger) {
    add(accounts, account, BigInt(debit_idr) - BigInt(credit_idr));
    add(transactions, transaction_id, BigInt(debit_idr) - BigInt(credit_idr));
  }
  const debited = bank.reduce((sum, line) => sum + (line.debited ? BigInt(line.amount_idr) : 0n), 0n);
  const [paid, inFlight] = [accounts.get('paid') ?? 0n, accounts.get('in_flight') ?? 0n];
  const unbalanced = [...transactions].filter(([, sum]) => sum !== 0n).map(([id]) => `ledger transaction ${id}`);
  return [
    ...unbalanced.map((text) => `${text} does not balance`),
    ...(paid === debited ? [] : [`the ledger says ${paid} rupiah were paid, the bank debited ${debited}`]),
    ...(inFlight === 0n ? [] : [`${inFlight} rupiah are still in flight`]),
  ];
}

/** A mail is made once: its Message-ID is stored before it is sent, so that no repeat gets another. */
function mailedOnce({ mails }: Evidence): string[] {
  const ids = mails.filter(({ accepted }) => accepted).map(({ message_id }) => message_id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  return [...new Set(twice)].map((id) => `message ${id} was sent twice`);
}

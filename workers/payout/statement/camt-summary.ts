import { refuse } from '../../../jobs/errors.ts';
import { type Exact, exactText, parsePlain } from './amount.ts';
import { find, textAt, type XmlNode } from './node.ts';

/** A number of entries and their sum; null: it is not declared, or cannot be read. */
interface Sum {
  readonly count: number | null;
  readonly amount: Exact | null;
}

/** What a statement's `TxsSummry` declares. */
export interface CamtSummary {
  readonly all: Sum;
  readonly credits: Sum;
  readonly debits: Sum;
}

export function readSummary(node: XmlNode): CamtSummary {
  const sum = (name: string): Sum => {
    const part = find(node, name);
    const count = textAt(part, 'NbOfNtries') ?? '';
    return {
      count: /^\d{1,15}$/.test(count) ? Number(count) : null,
      amount: parsePlain(textAt(part, 'Sum') ?? '') ?? null,
    };
  };
  return { all: sum('TtlNtries'), credits: sum('TtlCdtNtries'), debits: sum('TtlDbtNtries') };
}

/**
 * Counts a statement's entries and holds them against what it declares. Whether banks count what is only announced the
 * standard leaves open: either will do, and a statement that was cut off fits neither.
 */
export function createCamtSums() {
  const [booked, every] = [createSums(), createSums()];
  return {
    add(signed: Exact | null, isBooked: boolean): void {
      every.add(signed);
      if (isBooked) booked.add(signed);
    },
    /** @throws exit 2 when the statement declares other entries than it holds */
    check(summary: CamtSummary | null): void {
      if (summary === null || every.difference(summary) === null) return;
      const difference = booked.difference(summary);
      if (difference !== null)
        throw refuse(
          `the statement declares ${difference}; nothing of it was taken: ask the bank for the whole statement`,
        );
    },
  };
}

function createSums() {
  const sums = { credits: { count: 0, amount: 0n }, debits: { count: 0, amount: 0n } };
  let entries = 0;
  let known = true;
  return {
    add(signed: Exact | null): void {
      entries++;
      if (signed === null) {
        known = false;
        return;
      }
      const side = signed < 0n ? sums.debits : sums.credits;
      side.count++;
      side.amount += signed < 0n ? -signed : signed;
    },
    /** The first thing declared that is not so, in words; null: all is. Only a number of all entries counts unread ones. */
    difference({ all, credits, debits }: CamtSummary): string | null {
      const amount = sums.credits.amount + sums.debits.amount;
      const pairs = known
        ? ([
            ['entries', all, { count: entries, amount }],
            ['credits', credits, sums.credits],
            ['debits', debits, sums.debits],
          ] as const)
        : ([['entries', { ...all, amount: null }, { count: entries, amount }]] as const);
      for (const [name, said, is] of pairs) {
        if (said.count !== null && said.count !== is.count) return `${said.count} ${name}, but holds ${is.count}`;
        if (said.amount !== null && said.amount !== is.amount)
          return `${name} of ${exactText(said.amount)}, but holds ${exactText(is.amount)}`;
      }
      return null;
    },
  };
}

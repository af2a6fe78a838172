import { refuse } from '../../../jobs/errors.ts';
import { type Exact, parseGrouped } from './amount.ts';

/** `english`: 1,234.00. `indonesian`: 1.234,00. Both occur in Indonesian exports. */
export type NumberStyle = 'english' | 'indonesian';

/** An amount as a cell has it. */
export interface Money {
  readonly amount: Exact;
  /** BCA writes the direction behind the amount; '' elsewhere. */
  readonly mark: 'DB' | 'CR' | '';
}

/** `Rp 1.234,00`, `287,490.00 DB`, `-5.00`, `'5.00` against spreadsheets; `.00` is how Mandiri writes nothing. */
const CELL = /^'?(-)?(?:(?:Rp\.?|IDR)\s*)?(-)?([\d.,]*\d)\s*(DB|CR)?$/i;
/** One separator before three digits: six hundred thousand or six hundred, and adding up fits either way. */
const EITHER = /^\d{1,3}[.,]\d{3}$/;

/** Reads an amount in the file's style; undefined: it is none in this style. A blank cell is none. */
export function readMoney(text: string, style: NumberStyle): Money | undefined {
  const match = CELL.exec(text.trim());
  if (!match || (match[1] && match[2])) return undefined;
  const absolute = parseStyled(match[3] as string, style);
  if (absolute === undefined) return undefined;
  const mark = (match[4]?.toUpperCase() ?? '') as Money['mark'];
  return { amount: match[1] || match[2] ? -absolute : absolute, mark };
}

function parseStyled(digits: string, style: NumberStyle): Exact | undefined {
  const english = style === 'english' ? digits : digits.replace(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'));
  return parseGrouped(english.startsWith('.') ? `0${english}` : english);
}

/** What one cell says about the style of its file; null: nothing. */
function styleOf(text: string): NumberStyle | 'either' | null {
  const digits = CELL.exec(text.trim())?.[3];
  if (digits === undefined) return null;
  if (EITHER.test(digits)) return 'either';
  const isEnglish = parseStyled(digits, 'english') !== undefined;
  if (isEnglish === (parseStyled(digits, 'indonesian') !== undefined)) return null;
  return isEnglish ? 'english' : 'indonesian';
}

/**
 * Events that wait for a cell that shows the style, from the first doubtful one on; where there are decimals, none does.
 * Some 40 MB of rows: a larger export in which the style stands only in the total has to come in parts.
 */
const WAITING_MAX = 50_000;

/**
 * Pairs what a file says with the one style of all its numbers. It is never chosen per cell: a cell like `600.000` is read
 * as the rest of the file is written, a file that has only such cells is refused, and so is one that shows both styles.
 * @param numbersOf the cells of an event that hold amounts
 */
export async function* styled<T>(
  events: AsyncIterable<T>,
  numbersOf: (event: T) => readonly string[],
): AsyncGenerator<{ event: T; style: NumberStyle }, void, undefined> {
  const waiting: T[] = [];
  let style: NumberStyle | undefined;
  for await (const event of events) {
    let doubtful = false;
    for (const text of numbersOf(event)) {
      const shown = styleOf(text);
      if (shown === 'either') doubtful = true;
      else if (shown !== null && style !== undefined && shown !== style) throw refuse(TWO_STYLES);
      else style = shown ?? style;
    }
    if (style === undefined && (doubtful || waiting.length > 0)) {
      if (waiting.push(event) > WAITING_MAX) throw refuse(AMBIGUOUS);
      continue;
    }
    for (const earlier of waiting.splice(0)) yield { event: earlier, style: style as NumberStyle };
    // Without a separator, digits are the same number in both.
    yield { event, style: style ?? 'english' };
  }
  if (waiting.length > 0) throw refuse(AMBIGUOUS);
}

const TWO_STYLES =
  'the statement writes numbers in two ways (1,234.00 and 1.234,00): which of them is meant cannot be told; ask the bank for it again';
const AMBIGUOUS =
  'nothing in the statement shows whether 600.000 is six hundred or six hundred thousand; ask the bank for an export with decimals';

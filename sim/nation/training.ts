/** What a person would do if selected in a batch: training.csv. The pipeline leaves out those who were not selected. */
import type { Batch } from './batches.ts';
import type { Nation } from './nation.ts';
import { Purpose } from './random.ts';
import { DAY, dateOf, dayOf, iso, secondOf, startOfWibDay, wibDayOf } from './text.ts';

export const TRAINING_COLUMNS = 'registration_id,batch,event,training_id,at';

/** Instants in seconds; undefined: did not happen. Nothing happens on 15 and 16 September, so that "today" is certain. */
export interface Training {
  readonly purchased: number | undefined;
  readonly completed: number | undefined;
  readonly rated: number | undefined;
}

/** Everything counted "as of 15 September 2020" has happened by this moment. */
export const CUTOFF = secondOf('2020-09-14T23:00:00+07:00');
const RESUME = secondOf('2020-09-17T06:00:00+07:00');
/** 15 September 2020, the day of the published figures. First incentives are never due around a 15th. */
const AS_OF_MONTH = 9;
const AS_OF_DAY = 15;
const INSTALMENTS_MAX = 4;

interface Habit {
  /** Share of participants who bought, who completed, by the cutoff; and of those completed, who rated by then. */
  readonly purchased: number;
  readonly completed: number;
  readonly rated: number;
}

/** Fitted to 3.25 M in training, 2.0 M completed, 1.2 M recipients among 3,880,918 (CNN, 15 September 2020). */
const HABITS: readonly Habit[] = [
  { purchased: 0.95, completed: 0.92, rated: 0.978 },
  { purchased: 0.95, completed: 0.92, rated: 0.978 },
  { purchased: 0.95, completed: 0.92, rated: 0.978 },
  { purchased: 0.95, completed: 0.75, rated: 0.477 },
  { purchased: 0.92, completed: 0.62, rated: 0.477 },
  { purchased: 0.88, completed: 0.35, rated: 0.477 },
  { purchased: 0.504, completed: 0, rated: 0 },
];
/** Of those who did not by the cutoff, the share who does it later. */
const LATER = 0.6;
/** The share of the early batches who buy after the 30 days: they have been revoked by then. */
const TOO_LATE = 0.01;
const LAST_EARLY_BATCH = 3;

/**
 * The months in which the ratings of the early batches fall, and the share of each: they give four, three, two and one
 * instalments by the cutoff, 2.22 on average over all 1.2 M recipients (Rp1.6 trillion).
 */
const RATED_UNTIL = [
  { day: dayOf('2020-06-14'), share: 0.735 },
  { day: dayOf('2020-07-14'), share: 0.145 },
  { day: dayOf('2020-08-14'), share: 0.07 },
  { day: dayOf('2020-09-13'), share: 0.05 },
];
const QUICKEST_DAYS = 6;
const PAUSE_DAYS = 3;

function early(nation: Nation, index: number, of: Batch, habit: Habit, bought: number): Training {
  const { dice } = nation;
  const luck = dice.unit(index, Purpose.purchase + of.number);
  const delay = dice.bits(index, Purpose.purchaseMoment + of.number);
  if (luck >= habit.purchased) {
    const late = luck < habit.purchased + TOO_LATE;
    const at = of.decree + 31 * DAY + (delay % (20 * DAY));
    return { purchased: late ? at : undefined, completed: undefined, rated: undefined };
  }
  if (luck >= habit.completed) return { purchased: bought, completed: undefined, rated: undefined };
  let left = dice.unit(index, Purpose.completeMoment + of.number);
  let from = startOfWibDay(wibDayOf(of.decree) + QUICKEST_DAYS);
  let at = CUTOFF;
  for (const { day, share } of RATED_UNTIL) {
    const until = startOfWibDay(day + 1);
    if (left < share) {
      at = from + Math.floor((left / share) * (until - from));
      break;
    }
    left -= share;
    from = startOfWibDay(day + PAUSE_DAYS);
  }
  const completed = at - 3_600 - (delay % DAY);
  const rates = dice.unit(index, Purpose.rate + of.number);
  const rated = rates < habit.rated ? at : rates < 0.99 ? RESUME + (delay % (40 * DAY)) : undefined;
  return { purchased: Math.min(bought, completed - DAY), completed, rated };
}

function late(nation: Nation, index: number, of: Batch, habit: Habit): Training {
  const { dice } = nation;
  const luck = dice.unit(index, Purpose.purchase + of.number);
  const delay = dice.unit(index, Purpose.purchaseMoment + of.number);
  const laterAt = RESUME + Math.floor(delay * 10 * DAY);
  const window = CUTOFF - of.decree;
  if (luck >= habit.purchased) {
    const buys = luck < habit.purchased + (1 - habit.purchased) * LATER;
    return { purchased: buys ? laterAt : undefined, completed: undefined, rated: undefined };
  }
  const purchased = of.decree + 60 + Math.floor(delay * 0.4 * window);
  const spread = dice.unit(index, Purpose.completeMoment + of.number);
  const rates = dice.unit(index, Purpose.rate + of.number);
  const afterwards = RESUME + Math.floor(spread * 40 * DAY);
  if (luck >= habit.completed) {
    const completes = luck < habit.completed + (habit.purchased - habit.completed) * LATER;
    const completed = completes ? afterwards : undefined;
    return { purchased, completed, rated: completes && rates < 0.9 ? afterwards + 2 * DAY : undefined };
  }
  const completed = of.decree + Math.floor((0.42 + spread * 0.5) * window);
  const soon = completed + 600 + Math.floor(rates * (CUTOFF - completed - 600));
  const rated = rates < habit.rated ? soon : rates < 0.95 ? afterwards : undefined;
  return { purchased, completed, rated };
}

/** The first training of a person who would be selected in this batch. */
export function trainingOf(nation: Nation, index: number, of: Batch): Training {
  const habit = HABITS[of.number - 1] as Habit;
  if (of.number > LAST_EARLY_BATCH) return late(nation, index, of, habit);
  const delay = nation.dice.unit(index, Purpose.purchaseMoment + 1000 + of.number);
  return early(nation, index, of, habit, of.decree + 60 + Math.floor(delay * delay * 29 * DAY));
}

const SURVEYS = 3;
const SURVEY_EVERY_DAYS = 31;
const SURVEY_SHARE = 0.6;

/** The lines of training.csv; every survey comes a month after the one before, the first ten days after the rating. */
export function trainingLines(nation: Nation, index: number, id: string, of: Batch, training: Training): string {
  const { purchased, completed, rated } = training;
  if (purchased === undefined) return '';
  const { dice } = nation;
  const course = `PLT${1_000 + dice.below(index, Purpose.training + of.number, 2_000)}`;
  const head = `${id},${of.number}`;
  let lines = `${head},purchased,${course},${iso(purchased)}\n`;
  if (completed === undefined) return lines;
  lines += `${head},completed,${course},${iso(completed)}\n`;
  if (rated === undefined) return lines;
  lines += `${head},rated,${course},${iso(rated)}\n`;
  const answers = dice.unit(index, Purpose.survey + of.number);
  for (let n = 1; n <= SURVEYS && answers < SURVEY_SHARE / n; n++) {
    const at = rated + (10 + (n - 1) * SURVEY_EVERY_DAYS) * DAY;
    lines += `${head},survey_${n},${course},${iso(outsidePause(at))}\n`;
  }
  return lines;
}

function outsidePause(at: number): number {
  return at > CUTOFF && at < RESUME ? at + 4 * DAY : at;
}

/** Incentives due by 15 September 2020: one when all conditions hold, and one more each month after (section 7). */
export function instalmentsDue(training: Training, goodFrom: number | undefined): number {
  if (training.rated === undefined || goodFrom === undefined) return 0;
  const first = Math.max(training.rated, goodFrom);
  if (first > CUTOFF) return 0;
  const date = dateOf(wibDayOf(first));
  const afterThe15th = Number(date.slice(8)) > AS_OF_DAY ? 1 : 0;
  return Math.min(INSTALMENTS_MAX, 1 + AS_OF_MONTH - Number(date.slice(5, 7)) - afterThe15th);
}

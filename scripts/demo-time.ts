import type { Office } from '../workers/runtime/office.ts';

/** The press talk that published the funnel: the demo's "today". */
export const PRESS_TALK = new Date('2020-09-15T10:00:00+07:00');

/** Says on stderr what happens now, with the seconds since the start. */
export type Say = (sentence: string) => void;

/** The same office at a moment of 2020. */
export function at(office: Office, moment: Date): Office {
  return { ...office, config: { ...office.config, now: () => moment } };
}

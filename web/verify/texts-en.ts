import { checkTexts, explainTexts } from '../../workers/assignment/rules.ts';
import type { Texts } from './texts.ts';

const number = new Intl.NumberFormat('en');

export const english: Texts = {
  fixed: {
    title: 'Check a draw',
    intro:
      'This page computes the draw again from the files that were published. It works in your browser alone: nothing you choose leaves your device, and it works without the internet too.',
    choose: 'Files of the draw',
    chooseNote:
      'Choose pool.csv, quota.csv, commitment.json, seed.json, result.csv, decree.csv and whatever else lies beside them. If the batch was closed more than once, choose the directory above, so that the other commitments are checked too.',
    files: 'Choose files',
    directory: 'Choose a directory',
    drop: 'Or drop the files here.',
    which: 'Draw',
    start: 'Check this draw',
    progress: 'Progress',
    outcome: 'Outcome',
    hashTitle: 'SHA-256 of commitment.json',
    hashNote:
      'Compare it with what was published before the draw: only then do these files say what was promised. Whoever exchanges all files can make them fit each other, but not fit that number.',
    published: 'The SHA-256 that was published',
    personTitle: 'One registration',
    personNote: 'Enter a registration number to see what the draw decided about it, and why.',
    registration: 'Registration number (registration_id)',
    ask: 'Show',
    ticket: 'Ticket',
    rank: 'Rank',
    track: 'Track',
    province: 'Province (code)',
    decision: 'Decision',
  },
  steps: {
    commitment: 'commitment.json: what was promised',
    pool: 'pool.csv: everybody who took part',
    quota: 'quota.csv: places of each province',
    chain: 'Other commitments of the same batch',
    seed: 'seed.json: the seed',
    beacon: 'The public value that was drawn with',
    tickets: 'Computing the tickets',
    draw: 'Drawing again',
    result: 'result.csv: every line compared',
    decree: 'decree.csv: removals and promotions',
    annex: 'annex.csv, decree.json, decree.pdf: the annex of the decree',
    signatures: 'Signatures of the office',
  },
  checks: checkTexts,
  explain: explainTexts,
  difference: (text) => text,
  right: 'The draw is right: computed again from its files, it is the same.',
  rightUndrawn: 'The commitment is right. The draw has not taken place yet.',
  wrong: 'The draw is not right.',
  ok: 'Right',
  notOk: 'Not right',
  note: 'Not checked',
  firstDifference: 'The first difference',
  chooseParent: 'Choose the directory above, with the directories of the other attempts in it.',
  noDraw: 'None of these files belongs to a draw: choose commitment.json and those beside it.',
  failed: (message) => `The files could not be read to their end: ${message}. Choose them again.`,
  sameHash: 'It is the same.',
  otherHash: 'It is another one: these are not the files that were promised.',
  tracks: { whitelist: 'whitelist', public: 'public' },
  rankOf: (rank, people, waitingRank) =>
    `${number.format(rank)} of ${number.format(people)}${waitingRank === undefined ? '' : ` (number ${number.format(waitingRank)} of the waiting list)`}`,
  decisions: { selected: 'Selected', waiting_list: 'On the waiting list' },
};

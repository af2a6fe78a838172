/** What each check found right, by its key: the facts that its sentence tells. */
export interface Facts {
  readonly commitment: { readonly batch: number; readonly attempt: number };
  readonly pool: { readonly people: number };
  readonly quota: { readonly provinces: number };
  readonly chain: { readonly attempt: number; readonly directory: string };
  readonly later: { readonly attempt: number; readonly directory: string };
  readonly seed: Record<never, never>;
  readonly undrawn: Record<never, never>;
  readonly result: { readonly selected: number; readonly people: number };
  readonly decree: { readonly removed: number };
  readonly annex: { readonly participants: number; readonly decree: string };
  readonly annexMissing: { readonly file: string };
  readonly beacon: { readonly beacon: string; readonly file: string; readonly signed: boolean };
  readonly beaconUnchecked: { readonly beacon: string; readonly file: string };
  readonly signed: { readonly list: string; readonly fingerprint: string; readonly given: boolean };
  readonly signaturesUnchecked: Record<never, never>;
  readonly unsigned: { readonly file: string; readonly list: string };
}

/** One thing that was found right. */
export type Checked<K extends keyof Facts = keyof Facts> = {
  readonly [P in K]: { readonly key: P; readonly facts: Facts[P] };
}[K];

/** The sentences of a language: one for each check. */
export type CheckTexts = { readonly [K in keyof Facts]: (facts: Facts[K]) => string };

export const checkTexts: CheckTexts = {
  commitment: ({ batch, attempt }) => `commitment.json is canonical: batch ${batch}, attempt ${attempt}`,
  pool: ({ people }) => `pool.csv is sorted, well formed and as committed: ${people} people`,
  quota: ({ provinces }) => `quota.csv is sorted, well formed and as committed: ${provinces} provinces`,
  chain: ({ attempt, directory }) => `attempt ${attempt} is in ${directory}/, as the commitment after it names it`,
  later: ({ attempt, directory }) =>
    `this is not the last commitment of its batch: attempt ${attempt} in ${directory}/ follows it`,
  seed: () => "seed.json follows from the commitment and the beacon's value",
  undrawn: () => 'the draw has not taken place',
  result: ({ selected, people }) => `result.csv has every line as drawn again: ${selected} selected of ${people}`,
  decree: ({ removed }) => `decree.csv has every promotion as the waiting list says: ${removed} removed`,
  annex: ({ participants, decree }) =>
    `annex.csv, decree.json and decree.pdf agree with decree.csv: decree ${decree}, ${participants} participants`,
  annexMissing: ({ file }) => `the decree has no annex: there is no ${file}`,
  beacon: ({ beacon, file, signed }) =>
    signed
      ? `${file} is ${beacon}, signed by its network, and has the value that was drawn with`
      : `${file} has the SHA-256 that was drawn with as the value of ${beacon}`,
  beaconUnchecked: ({ beacon, file }) =>
    `the value of ${beacon} is not proved: it was not checked by its signature, for there is no ${file}; compare it with what drand publishes`,
  signed: ({ list, fingerprint, given }) =>
    given
      ? `${list} is signed with the key given, ${fingerprint}, and its files have the hashes it says`
      : `${list} is signed with office.pub, and its files have the hashes it says; compare its fingerprint with the one the office publishes: ${fingerprint}`,
  signaturesUnchecked: () =>
    'the signatures were not checked, for this browser cannot: take a newer one, or sha256sum and openssl',
  unsigned: ({ file, list }) => `${file} is not signed, for there is no ${list}`,
};

/** Whether it says what could not be checked, or must be known beside it, rather than what is right. */
export function isNote({ key }: Checked): boolean {
  return ['later', 'unsigned', 'beaconUnchecked', 'signaturesUnchecked', 'annexMissing'].includes(key);
}

/** The sentence of a check in the language of `texts`. */
export function checkText<K extends keyof Facts>(texts: CheckTexts, { key, facts }: Checked<K>): string {
  return texts[key](facts);
}

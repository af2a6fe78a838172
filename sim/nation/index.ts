/** `prakerja generate`: a whole nation as files, with the truth about it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT_COLUMNS, accountsOf } from './accounts.ts';
import { BATCHES, JOIN_COLUMNS, joinLine, quotasByProvince, scaledQuotas } from './batches.ts';
import { OutputFile } from './files.ts';
import { batchesOf } from './joiners.ts';
import { EXCLUSION_COLUMNS, exclusionLines, WHITELIST_COLUMNS, whitelistLine } from './lists.ts';
import { mailLines } from './mail.ts';
import { APPLICANTS_MAX, CELL, endOf, Nation, PEOPLE_MAX } from './nation.ts';
import { OTP_COLUMNS, otpLines } from './otp.ts';
import { personOf } from './person.ts';
import { POLICY } from './policy.ts';
import { REGISTRATION_COLUMNS, registrationLine, registrationOf } from './registrations.ts';
import { extraPerson, REGISTRY_COLUMNS, registryLines } from './registry.ts';
import { iso } from './text.ts';
import { CUTOFF, instalmentsDue, TRAINING_COLUMNS, trainingLines, trainingOf } from './training.ts';
import { type Funnel, FunnelCounter, TRUTH_COLUMNS, truthLines } from './truth.ts';
import { type Judged, judgeAmongAll } from './verdicts.ts';

export { quotasByProvince, scaledQuotas } from './batches.ts';
export { PUBLISHED } from './published.ts';

export interface GenerateOptions {
  /** Registrations, from 1 to APPLICANTS_MAX. */
  readonly applicants: number;
  /** A whole number; the same seed, number of applicants and first index give the same bytes. */
  readonly seed: number;
  /**
   * Where the registrations' indexes begin: a multiple of 100, 0 when unset. A later wave of the same seed that begins
   * at or after applicants + applicants / 16 of an earlier one shares no person, NIK or registration_id with it.
   */
  readonly first?: number | undefined;
  /** The directory, made when missing; files of these names are replaced. */
  readonly out: string;
  readonly profile?: 'national-2020' | undefined;
  /** Called every 1,024 registrations and at the end. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Summary {
  readonly applicants: number;
  readonly seed: number;
  readonly first: number;
  readonly profile: string;
  readonly out: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly funnel: Funnel;
}

const BLOCK = 1_024;
const OTP_ANYWAY = 16;

function openFiles(out: string) {
  return {
    registrations: new OutputFile(out, 'registrations.csv', REGISTRATION_COLUMNS),
    registry: new OutputFile(out, 'civil-registry.csv', REGISTRY_COLUMNS),
    mail: new OutputFile(out, 'email-events.ndjson'),
    otp: new OutputFile(out, 'otp.csv', OTP_COLUMNS),
    exclusions: new OutputFile(out, 'exclusions.csv', EXCLUSION_COLUMNS),
    whitelist: new OutputFile(out, 'whitelist.csv', WHITELIST_COLUMNS),
    joins: new OutputFile(out, 'joins.csv', JOIN_COLUMNS),
    training: new OutputFile(out, 'training.csv', TRAINING_COLUMNS),
    accounts: new OutputFile(out, 'accounts.csv', ACCOUNT_COLUMNS),
    corrections: new OutputFile(out, 'corrections.csv', 'registration_id,field,value,at'),
    truth: new OutputFile(out, 'truth.csv', TRUTH_COLUMNS),
  };
}

type Files = ReturnType<typeof openFiles>;

function byCutoff(at: number | undefined): boolean {
  return at !== undefined && at <= CUTOFF;
}

/** Joins, and what would follow from being selected. */
function addJoins(nation: Nation, files: Files, counter: FunnelCounter, judged: Judged): void {
  const batches = batchesOf(nation, judged);
  if (batches.length === 0) return;
  const { registration, verdict } = judged;
  const { index, id, registeredAt } = registration;
  const passes = verdict?.stage === 'layer3' && verdict.outcome === 'passed';
  const accounts = accountsOf(nation, registration);
  files.accounts.add(accounts.lines);
  // A duplicate's person is counted where the registration that stands joins.
  if (verdict !== undefined) counter.person();
  for (const of of batches) {
    const training = trainingOf(nation, index, of);
    files.joins.add(joinLine(nation, index, id, registeredAt, of));
    files.training.add(trainingLines(nation, index, id, of, training));
    const deeds = {
      purchased: byCutoff(training.purchased),
      completed: byCutoff(training.completed),
      instalments: instalmentsDue(training, accounts.goodFrom),
    };
    counter.join(of, passes ? deeds : undefined);
  }
}

/** Everything that hangs on the registration of one line. */
function addRegistration(nation: Nation, files: Files, counter: FunnelCounter, position: number): void {
  const registration = registrationOf(nation, nation.indexAt(position));
  const judged = judgeAmongAll(nation, registration);
  const { verdict } = judged;
  const { index, person } = registration;
  files.registrations.add(registrationLine(nation, registration));
  files.mail.add(mailLines(nation, registration));
  files.truth.add(truthLines(judged));
  if (verdict?.stage === 'layer3' || index % OTP_ANYWAY === 0) files.otp.add(otpLines(nation, registration));
  const passes = verdict?.stage === 'layer3' && verdict.outcome === 'passed';
  if (passes || (index === person.index && !judged.personPasses)) {
    files.whitelist.add(whitelistLine(nation, person, passes));
  }
  counter.verdict(judged);
  if (index !== person.index && !registration.nikMalformed) counter.repeat();
  addJoins(nation, files, counter, judged);
}

/** What the state knows, in an order of its own, strangers included. */
function addPeople(nation: Nation, files: Files, index: number): void {
  if (nation.rootOf(index) === index) {
    const person = personOf(nation, index);
    files.registry.add(registryLines(nation, person));
    files.exclusions.add(exclusionLines(nation, person));
  }
  const stranger = extraPerson(nation, index);
  if (stranger === undefined) return;
  files.registry.add(registryLines(nation, stranger));
  files.exclusions.add(exclusionLines(nation, stranger));
  files.whitelist.add(whitelistLine(nation, stranger, false));
}

/**
 * What `generateNation` asks of its options.
 * @throws RangeError for a number of applicants, a seed, a first index or a profile that is not possible
 */
export function checkNation(options: Pick<GenerateOptions, 'applicants' | 'seed' | 'first' | 'profile'>): void {
  const { applicants, seed, first = 0, profile = 'national-2020' } = options;
  if (!Number.isInteger(applicants) || applicants < 1 || applicants > APPLICANTS_MAX) {
    throw new RangeError(`applicants must be a whole number from 1 to ${APPLICANTS_MAX}, not ${applicants}`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, not ${seed}`);
  if (!Number.isSafeInteger(first) || first < 0 || first % CELL !== 0) {
    throw new RangeError(`first must be 0 or a multiple of ${CELL}, not ${first}`);
  }
  if (endOf(applicants, first) > PEOPLE_MAX) {
    throw new RangeError(
      `first + applicants + one stranger per sixteen of them must not exceed ${PEOPLE_MAX}: NIKs would repeat`,
    );
  }
  if (profile !== 'national-2020') throw new RangeError(`unknown profile ${String(profile)}; known: national-2020`);
}

async function writeSmallFiles(out: string, applicants: number, funnel: Funnel): Promise<Summary['files']> {
  const written: { name: string; bytes: number }[] = [];
  const write = async (name: string, text: string) => {
    await writeFile(join(out, name), text);
    written.push({ name, bytes: Buffer.byteLength(text) });
  };
  for (const [at, total] of scaledQuotas(applicants).entries()) {
    const lines = quotasByProvince(total).map(({ province_code, quota }) => `${province_code},${quota}\n`);
    await write(`quota-${at + 1}.csv`, `province_code,quota\n${lines.join('')}`);
  }
  await write('policy.json', `${JSON.stringify(POLICY, null, 2)}\n`);
  await write('funnel.json', `${JSON.stringify(funnel, null, 2)}\n`);
  return written;
}

/**
 * Writes the files of contract section 3, truth.csv and funnel.json. Memory does not grow with the nation.
 * @throws RangeError as `checkNation` does; nothing is written then.
 * @example await generateNation({ applicants: 231_712, seed: 1, out: '/tmp/nation' })
 */
export async function generateNation(options: GenerateOptions): Promise<Summary> {
  checkNation(options);
  const { applicants, seed, first = 0, out, onProgress } = options;
  await mkdir(out, { recursive: true });
  const nation = new Nation(applicants, seed, first);
  const counter = new FunnelCounter(applicants);
  const files = openFiles(out);
  const all = Object.values(files);
  for (let position = 0; position < applicants; position++) {
    addRegistration(nation, files, counter, position);
    addPeople(nation, files, first + position);
    if (position % BLOCK !== BLOCK - 1) continue;
    for (const file of all) if (file.full) await file.flush();
    onProgress?.(position + 1, applicants);
  }
  for (const file of all) await file.close();
  onProgress?.(applicants, applicants);
  const funnel = counter.funnel(BATCHES, iso);
  const small = await writeSmallFiles(out, applicants, funnel);
  const large = all.map(({ name, bytes }) => ({ name, bytes }));
  return { applicants, seed, first, profile: 'national-2020', out, files: [...large, ...small], funnel };
}

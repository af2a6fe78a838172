import { canCheckSigned, checkSigned, type OfficeKey, readOfficeKey } from '../signature.ts';
import { parseSums, type SignedStep, signedFiles, signedSteps } from '../sums.ts';
import { Difference, type VerifyRun, within } from './run.ts';

/**
 * Every list that is there has the office's signature, and every file it names the hash it says.
 * @param given the key that the office publishes. Without it DIR's own office.pub is used, which whoever changed the
 * files could have changed too; and a step without a list is then no difference.
 */
export async function verifySignatures(run: VerifyRun, given?: OfficeKey): Promise<void> {
  if (!(await canCheckSigned())) return run.found({ key: 'signaturesUnchecked', facts: {} });
  for (const step of signedSteps) await verifyStep(run, step, given);
}

async function verifyStep(run: VerifyRun, step: SignedStep, given: OfficeKey | undefined): Promise<void> {
  const list = `${step}.sha256`;
  const bytes = await run.bytes(list);
  if (bytes === undefined) return withoutList(run, step, given);
  const key = given ?? (await within('office.pub', async () => readOfficeKey(await need(run, 'office.pub'))));
  const signature = await need(run, `${list}.sig`);
  if (!(await checkSigned(bytes, signature, key)))
    throw new Difference(`${list}.sig: is not the signature of ${list} by the key ${key.fingerprint}`);
  await verifySums(run, step, bytes);
  run.found({ key: 'signed', facts: { list, fingerprint: key.fingerprint, given: given !== undefined } });
}

async function withoutList(run: VerifyRun, step: SignedStep, given: OfficeKey | undefined): Promise<void> {
  const [file = ''] = signedFiles[step];
  if (!(await run.has(file))) return;
  const list = `${step}.sha256`;
  const when = step === 'decree' ? ' (a decree is signed when it is confirmed)' : '';
  if (given) throw new Difference(`${list}: is missing, so ${file} is not signed${when}`);
  run.found({ key: 'unsigned', facts: { file, list } });
}

/** Files that were read before are not read again: result.csv of 12 million people has 1.3 GB. */
async function verifySums(run: VerifyRun, step: SignedStep, bytes: Uint8Array): Promise<void> {
  const list = `${step}.sha256`;
  const sums = await within(list, () => parseSums(bytes));
  for (const { file, sha256 } of sums) {
    if (!(await run.has(file))) throw new Difference(`${file}: is missing, although ${list} names it`);
    const found = await run.hash(file);
    if (found !== sha256) throw new Difference(`${file}: SHA-256 is ${found}, ${list} says ${sha256}`);
  }
  for (const file of signedFiles[step]) {
    if (!sums.some((sum) => sum.file === file) && (await run.has(file)))
      throw new Difference(`${file}: is there, but ${list} does not name it`);
  }
}

async function need(run: VerifyRun, name: string): Promise<Uint8Array> {
  const bytes = await run.bytes(name);
  if (bytes === undefined) throw new Difference(`${name}: is missing`);
  return bytes;
}

import { sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tx } from '../db/connection.ts';
import { refuse } from '../jobs/errors.ts';
import {
  checkSigned,
  readOfficeKey,
  type SignedStep,
  type Sum,
  signedFiles,
  signedSteps,
  sumsText,
} from '../workers/assignment/rules.ts';
import { hasSigned, rememberSigning, type SigningKey } from '../workers/runtime/keys.ts';
import { absent, readWhole, writeWhole } from './draw-files.ts';

/**
 * Publishes what a step has written: the list STEP.sha256 as sha256sum prints it, its raw Ed25519 signature
 * STEP.sha256.sig and the public key office.pub. The same files and key give the same bytes (RFC 8032), so a step that
 * was interrupted can do it again. Without our program:
 *
 *     sha256sum -c commitment.sha256
 *     openssl pkeyutl -verify -pubin -inkey office.pub -rawin -in commitment.sha256 -sigfile commitment.sha256.sig
 * @param tx in which a key that signs for the first time goes into the audit log
 * @param known SHA-256 of files that need not be read again
 * @throws exit 2 when the key has changed and another list is not signed by this office
 */
export async function signPublished(
  tx: Tx,
  key: SigningKey,
  dir: string,
  step: SignedStep,
  known: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sums: Sum[] = [];
  for (const file of signedFiles[step]) {
    const sha256 = known[file] ?? (await readWhole(join(dir, file)).catch(absent));
    if (sha256 !== undefined) sums.push({ file, sha256 });
  }
  await signAgain(tx, key, dir, step);
  await writeWhole(join(dir, `${step}.sha256`), [sumsText(sums)]);
  await writeSignature(dir, step, Buffer.from(sumsText(sums)), key);
  await writeWhole(join(dir, 'office.pub'), [key.publicPem]);
  await rememberSigning(tx, key);
}

/** After a change of keys: office.pub holds one key, so the lists of the other steps are signed with the new one too. */
async function signAgain(tx: Tx, key: SigningKey, dir: string, present: SignedStep): Promise<void> {
  const pub = await readFile(join(dir, 'office.pub')).catch(absent);
  if (pub === undefined || pub.toString() === key.publicPem) return;
  const [before, now] = await Promise.all([readOfficeKey(pub), readOfficeKey(Buffer.from(key.publicPem))]);
  if (!(await hasSigned(tx, before.fingerprint)))
    throw refuse(`${join(dir, 'office.pub')} is not a key of this office: put back what was published`);
  for (const step of signedSteps.filter((other) => other !== present)) {
    const path = join(dir, `${step}.sha256`);
    const list = await readFile(path).catch(absent);
    if (list === undefined) continue;
    const signature = await readFile(`${path}.sig`);
    // An interrupted change of keys has signed some of them already.
    if (!(await checkSigned(list, signature, before)) && !(await checkSigned(list, signature, now)))
      throw refuse(`${path} is not what this office has signed: put back what was published`);
    await writeSignature(dir, step, list, key);
  }
}

async function writeSignature(dir: string, step: SignedStep, list: Uint8Array, key: SigningKey): Promise<void> {
  await writeWhole(join(dir, `${step}.sha256.sig`), [sign(null, list, key.privateKey)]);
}

import { writeFile } from 'node:fs/promises';
import { refuse } from '../jobs/errors.ts';
import { signingKey } from '../workers/runtime/keys.ts';
import { done, type Report, withOffice } from './command.ts';

/** `batch key [--out office.pub]`: the public key that everybody needs, from a place that the draws' files are not in. */
export function officeKey(options: { readonly out?: string }): Promise<Report> {
  return withOffice(async ({ db, config }) => {
    const { publicPem, fingerprint } = await signingKey(db, config);
    const { out } = options;
    if (out !== undefined)
      await writeFile(out, publicPem).catch((error: unknown) => {
        throw refuse(`--out cannot be written: ${error instanceof Error ? error.message : error}`);
      });
    return done(
      { public_key: publicPem, fingerprint, out: out ?? null },
      out === undefined ? publicPem.trimEnd() : `The public key is in ${out}.`,
      `Fingerprint (SHA-256 of the key in DER): ${fingerprint}`,
      "Publish both in the office's public repository, before the first closing and after every change of the key.",
      "The office.pub beside a draw's files proves nothing alone: whoever changed the files could have changed it too.",
      'Then anybody can check: prakerja batch verify DIR --key office.pub',
    );
  });
}

import { type ExportName, exportCsv, exportNames } from '../db/export.ts';
import { refuse } from '../jobs/errors.ts';
import { wibDate } from '../jobs/time.ts';
import { done, type Report, withOffice } from './command.ts';

/** `export NAME --out FILE` */
export function exportTo(name: string, { out }: { out: string }): Promise<Report> {
  if (!(exportNames as readonly string[]).includes(name)) {
    throw refuse(`there is no export "${name}"; there are ${exportNames.join(', ')}`);
  }
  return withOffice(async ({ database, config }) => {
    const lines = await exportCsv(database, name as ExportName, out, wibDate(config.now()));
    return done({ file: out, lines }, `${lines} lines of ${name} were written to ${out}.`);
  });
}

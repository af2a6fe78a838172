import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { refuse } from '../jobs/errors.ts';
import { provinceCodes } from '../jobs/nik.ts';

/**
 * Reads quota.csv: `province_code,quota`, a later line of the same province replaces the earlier.
 * @throws exit 2 naming the line; a quota is never half taken
 */
export async function readQuotaFile(path: string): Promise<Map<string, number>> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw refuse(`the quota file ${path} cannot be read`);
  });
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, bom: true, skip_empty_lines: true });
  } catch (error) {
    throw refuse(`the quota file is not CSV: ${error instanceof Error ? error.message : error}`);
  }
  const quota = new Map<string, number>();
  rows.forEach(({ province_code, quota: seats }, i) => {
    if (province_code === undefined || seats === undefined)
      throw refuse('the quota file needs the columns province_code and quota');
    if (!provinceCodes.has(province_code))
      throw refuse(`quota file, line ${i + 2}: there is no province "${province_code}"`);
    if (!/^\d{1,9}$/.test(seats)) throw refuse(`quota file, line ${i + 2}: the quota must be a whole number`);
    quota.set(province_code, Number(seats));
  });
  if (quota.size === 0) throw refuse('the quota file has no line');
  return quota;
}

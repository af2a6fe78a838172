import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { refuse } from '../jobs/errors.ts';
import { provinceCodes } from '../jobs/nik.ts';

/**
 * The lines of a small CSV about provinces, with their columns as text.
 * @param name "quota": the file as messages call it
 * @throws exit 2 when it cannot be read, is not CSV, or has no line
 */
export async function provinceRows(name: string, path: string): Promise<Record<string, string>[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw refuse(`the ${name} file ${path} cannot be read`);
  });
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, bom: true, skip_empty_lines: true });
  } catch (error) {
    throw refuse(`the ${name} file is not CSV: ${error instanceof Error ? error.message : error}`);
  }
  if (rows.length === 0) throw refuse(`the ${name} file has no line`);
  return rows;
}

/**
 * Reads quota.csv: `province_code,quota`, a later line of the same province replaces the earlier.
 * @throws exit 2 naming the line; a quota is never half taken
 */
export async function readQuotaFile(path: string): Promise<Map<string, number>> {
  const rows = await provinceRows('quota', path);
  const quota = new Map<string, number>();
  rows.forEach(({ province_code, quota: seats }, i) => {
    if (province_code === undefined || seats === undefined)
      throw refuse('the quota file needs the columns province_code and quota');
    if (!provinceCodes.has(province_code))
      throw refuse(`quota file, line ${i + 2}: there is no province "${province_code}"`);
    if (!/^\d{1,9}$/.test(seats)) throw refuse(`quota file, line ${i + 2}: the quota must be a whole number`);
    quota.set(province_code, Number(seats));
  });
  return quota;
}

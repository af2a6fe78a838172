const PREFIX = 'PRAKERJA-RUN-';
const FILE_OF = new RegExp(`^${PREFIX}([1-9]\\d{0,17})$`);

/** What a payout run's file is called in pain.001 (MsgId, PmtInfId), in the bank's report and on its statement. */
export function fileIdOf(run: string): string {
  return `${PREFIX}${run}`;
}

/** The run whose file it is; undefined: it is none of ours. */
export function runOfFile(id: string): string | undefined {
  return FILE_OF.exec(id)?.[1];
}

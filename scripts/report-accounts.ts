import { type ParticipantAccount, participantAccounts } from '../db/accounts-to-correct.ts';
import type { Db } from '../db/connection.ts';
import { formatRupiah } from '../jobs/money.ts';
import { accountHints, payoutReasons } from '../jobs/payout-reasons.ts';
import { accountReason, ourFaults } from '../workers/payout/rules.ts';
import { done, type Report, withOffice } from './command.ts';
import { writeWhole } from './draw-files.ts';
import { startProgress } from './progress.ts';

const PAGE = 5000;
const texts: Readonly<Record<string, { id: string; en: string }>> = { ...payoutReasons, ...accountHints };

/**
 * `report accounts --out FILE`: every participant whose account would stop a payment, before money is due as well, with
 * what they can do in Indonesian and English. A wallet of another phone stops nothing by itself, and wallets refuse it.
 */
export function accountsReport({ out }: { out: string }): Promise<Report> {
  return withOffice(async ({ db, config }) => {
    const found: Record<string, number> = {};
    let heldIdr = 0n;
    const seen = (reason: string, row: ParticipantAccount) => {
      found[reason] = (found[reason] ?? 0) + 1;
      heldIdr += BigInt(row.heldIdr);
    };
    await writeWhole(out, csvOf(db, config.now(), seen));
    const people = Object.values(found).reduce((sum, n) => sum + n, 0);
    return done(
      { file: out, people, reasons: found, held_idr: String(heldIdr) },
      `${people} participants have something to put right about their account; ${formatRupiah(heldIdr)} wait for it.`,
      ...Object.entries(found).map(([reason, n]) => `  ${String(n).padStart(8)} ${reason}: ${texts[reason]?.en}`),
      `They are in ${out}, with what to tell them.`,
    );
  });
}

async function* csvOf(
  db: Db,
  now: Date,
  seen: (reason: string, row: ParticipantAccount) => void,
): AsyncGenerator<string> {
  yield 'registration_id,batch,reason,held_idr,text_id,text_en\n';
  const progress = startProgress('report accounts', 'participants');
  try {
    let read = 0;
    for (let after = '-1'; ; ) {
      const page = await participantAccounts(db, after, now, { limit: PAGE, ourFaults });
      for (const row of page) {
        const account = row.account && { ...row.account, linkedAt: now };
        const reason = accountReason(row.nik, account) ?? hint(row);
        if (!reason) continue;
        seen(reason, row);
        const { id, en } = texts[reason] as { id: string; en: string };
        yield `${row.registrationId},${row.batch},${reason},${row.heldIdr},"${id}","${en}"\n`;
      }
      read += page.length;
      progress.update(read);
      if (page.length < PAGE) return;
      after = (page.at(-1) as ParticipantAccount).nik;
    }
  } finally {
    progress.end();
  }
}

function hint({ refused, phoneDiffers }: ParticipantAccount): keyof typeof accountHints | undefined {
  if (refused) return 'account_refused_by_bank';
  return phoneDiffers ? 'account_phone_differs' : undefined;
}

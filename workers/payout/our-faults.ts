import { paymentCodes } from './answers.ts';
import { malformed } from './bulk-answers.ts';
import { snapServices } from './reply.ts';

const { transfer, topup, bulkTransfer, bulkCashIn } = snapServices;

/** Response codes that stop a run: going on would only repeat them. */
export const stoppingCodes: readonly string[] = [transfer, topup, bulkTransfer, bulkCashIn].flatMap((service) =>
  codesOf(service, ({ stopRun }) => stopRun === true),
);

/** Why an order of before a restore is at its end: it never arrived, and the bank speaks of a later one, which the restore has lost. */
export const LATER_ORDER_LOST = 'later_order_lost';

/**
 * Reasons of instalments that the bank refused for a fault of ours: no funds, no right, a wrong message. Nothing is wrong
 * with the payee's account, so the next run takes them as they are; likewise the lost order that is to be made again.
 */
export const ourFaults: readonly string[] = [
  ...[transfer, topup].flatMap((service) =>
    codesOf(service, (row) => row.stopRun === true && row.state === 'rejected'),
  ),
  ...[bulkTransfer, bulkCashIn].flatMap((service) => codesOf(service, (_, code) => malformed.has(code))),
]
  .map((code) => `bank_rejected ${code}`)
  .concat(LATER_ORDER_LOST);

function codesOf(
  service: string,
  wanted: (row: (typeof paymentCodes)[string], code: string) => boolean,
): readonly string[] {
  return Object.entries(paymentCodes)
    .filter(([code, row]) => wanted(row, code))
    .map(([code]) => code.replace('/', service));
}

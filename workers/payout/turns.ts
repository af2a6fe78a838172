import type { ToSend } from './store.ts';

/** Single orders that are made before the bank is asked about the next: as many as are called at once. */
const ORDERS_AT_ONCE = 8;

/**
 * What of a chunk is ordered and sent before anything else of it is ordered: a few orders, or all of a bulk's one call.
 * Whoever's turn has not come when the bank refuses for a reason of ours, lets us in no more, or the process stops, has no
 * order, and stays `released`.
 */
export function turnsOf(rows: readonly ToSend[], bulk: boolean): (readonly ToSend[])[] {
  const released = rows.filter((row) => row.state === 'released');
  const turns = bulk ? byChannel(released) : inPieces(released);
  return turns.filter((turn) => turn.length > 0);
}

function byChannel(rows: readonly ToSend[]): (readonly ToSend[])[] {
  const isWallet = (row: ToSend) => row.account?.channel === 'ewallet';
  return [rows.filter((row) => !isWallet(row)), rows.filter(isWallet)];
}

function inPieces(rows: readonly ToSend[]): (readonly ToSend[])[] {
  const count = Math.ceil(rows.length / ORDERS_AT_ONCE);
  return Array.from({ length: count }, (_, i) => rows.slice(i * ORDERS_AT_ONCE, (i + 1) * ORDERS_AT_ONCE));
}

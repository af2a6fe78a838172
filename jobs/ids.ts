import { createHash } from 'node:crypto';

export type InstalmentKind = 'incentive' | 'survey';

export interface OrderKey {
  readonly registrationId: string;
  readonly batch: number;
  readonly kind: InstalmentKind;
  readonly number: number;
  readonly orderNumber: number;
}

/** MT940's :61: holds 16 characters; so does the reference. */
const REFERENCE_LENGTH = 16;

/**
 * The one reference of a payment order, for ever: 16 characters A to Z and 0 to 9, derived from what the order is for,
 * so that a restored database makes the same one (contract, section 7). 'P' and 15 base-36 digits of SHA-256: 77 bits,
 * at 3 million orders a collision has a chance of 1 in 10^10, and the UNIQUE index would refuse it.
 */
export function paymentReference(key: OrderKey): string {
  const text = [key.registrationId, key.batch, key.kind, key.number, key.orderNumber].join('\n');
  const digest = createHash('sha256').update(text).digest('hex');
  const base36 = BigInt(`0x${digest}`).toString(36).toUpperCase().padStart(50, '0');
  return `P${base36.slice(-(REFERENCE_LENGTH - 1))}`;
}

/** A `registration_id` that the import accepts (contract, section 3). */
export function isRegistrationId(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(text);
}

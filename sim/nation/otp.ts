/** Telephone checks by one-time password: otp.csv. */
import type { Nation } from './nation.ts';
import { Purpose } from './random.ts';
import type { Registration } from './registrations.ts';
import { iso } from './text.ts';

export const OTP_COLUMNS = 'registration_id,phone,result,at';

type Attempt = readonly [result: 'verified' | 'failed' | 'expired', samePhone: boolean];

const GOOD: readonly (readonly Attempt[])[] = [
  [['verified', true]],
  [
    ['failed', true],
    ['verified', true],
  ],
  [
    ['expired', true],
    ['verified', true],
  ],
  [
    ['verified', true],
    ['failed', true],
  ],
];
const BAD: readonly (readonly Attempt[])[] = [
  [],
  [['failed', true]],
  [['expired', true]],
  [
    ['failed', true],
    ['expired', true],
  ],
  [['verified', false]],
];

/** One digit off: the telephone of before. */
function otherPhone(phone: string): string {
  return phone.slice(0, -1) + ((Number(phone.at(-1)) + 5) % 10);
}

/** The lines of a registration's attempts: any `verified` for the present phone is enough. */
export function otpLines(nation: Nation, registration: Registration): string {
  const bits = nation.dice.bits(registration.index, Purpose.otp);
  const cases = registration.fate === 'phone_unverified' ? BAD : GOOD;
  const plain = cases === GOOD && bits % 10 < 8;
  const attempts = cases[plain ? 0 : (bits >>> 8) % cases.length] as readonly Attempt[];
  let at = registration.registeredAt + 60 + (nation.dice.bits(registration.index, Purpose.otpDelay) % 900);
  let lines = '';
  for (const [result, samePhone] of attempts) {
    const phone = samePhone ? registration.phone : otherPhone(registration.phone);
    lines += `${registration.id},${phone},${result},${iso(at)}\n`;
    at += 137;
  }
  return lines;
}

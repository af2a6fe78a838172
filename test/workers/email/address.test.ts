import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../workers/email/rules.ts';
import { corpus } from '../../helpers/corpora.ts';

const label63 = 'a'.repeat(63);

describe('parseAddress', () => {
  it.each([
    ['siti@gmail.com'],
    ['siti.nur+prakerja@mail.ugm.ac.id'],
    ["o'brien@yahoo.co.id"],
    ['a@id'],
    ['1@1.co'],
    ['"siti nur"@gmail.com'],
    ['"@"@gmail.com'],
    ['"a\\"b"@gmail.com'],
    ['""@gmail.com'],
    [`${'a'.repeat(64)}@gmail.com`],
    [`a@${label63}.co.id`],
    [`a@${label63}.${label63}.${label63}.${'a'.repeat(60)}`],
    ['x@xn--mnchen-3ya.de'],
  ])('accepts %s', (address) => expect(parseAddress(address)).not.toBeNull());

  it.each([
    [''],
    ['siti'],
    ['@gmail.com'],
    ['siti@'],
    ['siti@@gmail.com'],
    ['siti@gmail..com'],
    ['siti@.gmail.com'],
    ['siti@gmail.com.'],
    ['.siti@gmail.com'],
    ['siti.@gmail.com'],
    ['si..ti@gmail.com'],
    ['siti nur@gmail.com'],
    [' siti@gmail.com'],
    ['siti@gmail.com '],
    ['siti@gmail.com\n'],
    ['siti@gmail,com'],
    ['siti@-gmail.com'],
    ['siti@gmail-.com'],
    ['siti@gmail_x.com'],
    ['siti(comment)@gmail.com'],
    ['siti"@gmail.com'],
    ['"siti@gmail.com'],
    ['"si"ti"@gmail.com'],
    ['"siti"."nur"@gmail.com'],
    ['"si\u0007ti"@gmail.com'],
    ['sití@gmail.com'],
    ['siti@gmaíl.com'],
    ['siti@gmail.com\u0000'],
    [`${'a'.repeat(65)}@gmail.com`],
    [`a@${'a'.repeat(64)}.com`],
    [`${'a'.repeat(64)}@${label63}.${label63}.${label63}`],
  ])('refuses %j', (address) => expect(parseAddress(address)).toBeNull());

  it.each([
    ['a@[192.0.2.1]', true],
    ['a@[IPv6:2001:db8::1]', true],
    ['a@[IPv6:::]', true],
    ['a@[IPv6:1:2:3:4:5:6:192.0.2.1]', true],
    ['a@[192.0.2.256]', false],
    ['a@[IPv6:1::2::3]', false],
    // A double colon stands for at least two groups (RFC 5321, section 4.1.3).
    ['a@[IPv6:1:2:3:4:5:6::8]', false],
    ['a@[IPv6:1:2:3:4:5:6:7::8]', false],
    ['a@[2001:db8::1]', false],
    ['a@[tag:x]', false],
  ])('the literal %s is valid: %s', (address, valid) => {
    expect(parseAddress(address)?.literal ?? false).toBe(valid);
  });

  it('puts the domain, and only the domain, in lower case', () => {
    expect(parseAddress('Siti@GMAIL.Com')).toEqual({ local: 'Siti', domain: 'gmail.com', literal: false });
  });

  it('never throws, and what it accepts fits into SMTP', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), (text) => {
        const parsed = parseAddress(text);
        if (parsed === null) return;
        expect(text).toMatch(/^[ -~]+$/);
        expect(text.length).toBeLessThanOrEqual(254);
        expect(`${parsed.local}@${parsed.domain}`.toLowerCase()).toBe(text.toLowerCase());
      }),
    );
  });

  it('accepts every address of fast-check, which follows RFC 1123 and 5322', () => {
    fc.assert(fc.property(fc.emailAddress(), (text) => parseAddress(text) !== null || text.indexOf('@') > 64));
  });
});

/** The corpus is not in the repository; the tables above stand where it is absent. */
const suite = corpus('addresses/is_email_tests.xml');
describe.runIf(existsSync(suite))('the is_email suite', () => {
  it('agrees on all cases', () => {
    const cases = isEmailCases(readFileSync(suite, 'utf8'));
    const wrong = cases.filter(({ address, valid }) => (parseAddress(address) !== null) !== valid);
    expect(cases.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });
});

function isEmailCases(xml: string): { address: string; valid: boolean }[] {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };
  return [...xml.matchAll(/<test id[^>]*>([\s\S]*?)<\/test>/g)].map(([, body = '']) => ({
    address: (/<address>([\s\S]*?)<\/address>/.exec(body)?.[1] ?? '')
      .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => entities[name] ?? '')
      .replace(/[\u2400-\u2421]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) - 0x2400)),
    valid: /<category>ISEMAIL_(?:VALID_CATEGORY|DNSWARN|RFC5321)</.test(body),
  }));
}

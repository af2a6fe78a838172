import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyBounce, enhancedStatus } from '../../../workers/email/rules.ts';

describe('classifyBounce by enhanced status', () => {
  it.each([
    ['5.1.1', 'hard'],
    ['5.1.0', 'hard'],
    ['5.1.10', 'hard'],
    ['5.1.8', 'blocked'],
    ['5.2.1', 'hard'],
    ['5.2.2', 'full'],
    ['4.2.2', 'full'],
    ['5.2.20', 'deferred'],
    ['5.7.1', 'blocked'],
    ['5.7.26', 'blocked'],
    ['4.7.1', 'deferred'],
    ['4.1.1', 'deferred'],
    ['4.0.0', 'deferred'],
  ])('%s is %s, whatever the text says', (dsn, kind) => {
    expect(classifyBounce(dsn, null)).toBe(kind);
    if (dsn !== '5.2.20') expect(classifyBounce(dsn, '550 user unknown')).toBe(kind);
  });
});

describe('classifyBounce by text', () => {
  it.each([
    ['550 User unknown', 'hard'],
    ['550 No such user here', 'hard'],
    ['550 <budi@contoh.id>: Recipient address rejected: User unknown in virtual mailbox table', 'hard'],
    ['550 Recipient address rejected', 'hard'],
    ['Host or domain name not found. Name service error for name=contoh.id type=MX', 'hard'],
    ['550 Requested action not taken: mailbox unavailable', 'hard'],
    ['550 5.1.1 no such mailbox', 'hard'],
    ['552 Mailbox is full', 'full'],
    ['452 user over quota', 'full'],
    ['The email account that you tried to reach is over quota', 'full'],
    ['Kotak surat penerima penuh', 'full'],
    ['550 Sender address rejected: Domain does not exist', 'blocked'],
    ['554 Message rejected as spam', 'blocked'],
    ['554 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org', 'blocked'],
    ['550 relay not permitted', 'blocked'],
    ['550 Unknown user budi@contoh.id (in reply to end of DATA command)', 'blocked'],
    ['550 5.1.8 sender unknown', 'blocked'],
    ['421 too many connections, try again later', 'deferred'],
    ['451 Greylisted, please come back', 'deferred'],
    ['554 account suspended', 'deferred'],
    ['552 Message size exceeds fixed maximum', 'deferred'],
    ['spam@mailbox-full.id: weird', 'deferred'],
    ['quux', 'deferred'],
    ['', 'deferred'],
  ])('%s is %s', (text, kind) => {
    expect(classifyBounce(null, text)).toBe(kind);
    expect(classifyBounce('5.0.0', text)).toBe(kind);
    expect(classifyBounce('nonsense', text.toUpperCase())).toBe(kind);
  });

  it('never takes noise for a fault of the applicant, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 300 }), (dsn, text) => {
        fc.pre(!/[45]\.\d/.test(dsn + text));
        expect(classifyBounce(dsn, text)).not.toBe('hard');
      }),
    );
  });

  it('finds a status, and no status in an address of a host', () => {
    expect(enhancedStatus('smtp; 550 5.2.2 full')).toBe('5.2.2');
    expect(enhancedStatus('host 192.5.1.1 said')).toBeNull();
    expect(enhancedStatus('host 5.1.1.9 said')).toBeNull();
  });
});

import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBounce } from '../../../workers/email/bounce-message.ts';
import { classifyBounce } from '../../../workers/email/rules.ts';
import { corpus } from '../../helpers/corpora.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function report(fields: string, text = 'It failed.'): Uint8Array {
  return bytes(`Date: Sat, 11 Apr 2020 09:00:00 +0700
From: MAILER-DAEMON@mx.contoh.id
To: bounce+ab12@bounce.prakerja.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

${text}
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.contoh.id

${fields}
--b1--
`);
}

const full = `Final-Recipient: rfc822; Siti@Contoh.id
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 mailbox
  is full`;

describe('delivery reports (RFC 3464)', () => {
  it('reads recipient, status, words, time and token', () => {
    expect(readBounce(report(full))).toEqual([
      {
        recipientToken: 'ab12',
        recipientAddress: 'siti@contoh.id',
        type: 'bounced',
        dsn: '5.2.2',
        diagnostic: '552 5.2.2 mailbox is full',
        at: new Date('2020-04-11T02:00:00Z'),
      },
    ]);
  });

  it('reads the same with CRLF and in base64', () => {
    const crlf = Buffer.from(Buffer.from(report(full)).toString().replaceAll('\n', '\r\n'));
    expect(readBounce(crlf)).toEqual(readBounce(report(full)));
    const packed = Buffer.from(`\n${full}\n`).toString('base64');
    const head = Buffer.from(report('@@')).toString();
    const encoded = head
      .replace('message/delivery-status\n', 'message/delivery-status\nContent-Transfer-Encoding: base64\n')
      .replace(/Reporting-MTA[\s\S]*@@/, packed);
    expect(readBounce(bytes(encoded))).toEqual(readBounce(report(full)));
  });

  it('gives one report per recipient, and then no token', () => {
    const two = `${full}\n\nFinal-Recipient: rfc822; budi@contoh.id\nAction: failed\nStatus: 5.1.1`;
    expect(
      readBounce(report(two)).map(({ recipientAddress, dsn, recipientToken }) => [
        recipientAddress,
        dsn,
        recipientToken,
      ]),
    ).toEqual([
      ['siti@contoh.id', '5.2.2', null],
      ['budi@contoh.id', '5.1.1', null],
    ]);
    // Some servers forget the empty line.
    expect(readBounce(report(two.replace('\n\n', '\n')))).toHaveLength(2);
  });

  it.each([
    ['Action: delayed\nStatus: 4.4.1', 'deferred', '4.4.1'],
    ['Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown', 'bounced', '5.1.1'],
    ['Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.7.1 blacklisted', 'bounced', '5.7.1'],
    ['Action: failed\nDiagnostic-Code: smtp; 550 no', 'bounced', null],
  ])('%j', (fields, type, dsn) => {
    expect(readBounce(report(`Final-Recipient: rfc822; a@b.id\n${fields}`))).toMatchObject([{ type, dsn }]);
  });

  it.each([['delivered'], ['relayed'], ['expanded']])('action %s is no bounce', (action) => {
    expect(readBounce(report(`Final-Recipient: rfc822; a@b.id\nAction: ${action}\nStatus: 2.0.0`))).toEqual([]);
  });

  it('does not hold a refused MAIL FROM against the recipient', () => {
    const fields =
      'Final-Recipient: rfc822; a@b.id\nAction: failed\nStatus: 5.1.0\nDiagnostic-Code: smtp; 553 5.1.0 no';
    const [found] = readBounce(report(fields, 'host said: 553 5.1.0 no (in reply to MAIL FROM command)'));
    expect(found?.dsn).toBe('5.1.8');
    expect(classifyBounce(found?.dsn ?? null, found?.diagnostic ?? null)).toBe('blocked');
  });

  it('takes "unknown user" after DATA for a filter: the address had been accepted', () => {
    const fields =
      'Final-Recipient: rfc822; a@b.id\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 Unknown user';
    const [found] = readBounce(report(fields, '550 Unknown user (in reply to end of DATA command)'));
    expect(classifyBounce(found?.dsn ?? null, found?.diagnostic ?? null)).toBe('blocked');
    const [plain] = readBounce(report(fields));
    expect(classifyBounce(plain?.dsn ?? null, plain?.diagnostic ?? null)).toBe('hard');
  });
});

describe('complaints (ARF)', () => {
  const arf = (fields: string) =>
    bytes(`From: fbl@contoh.id
To: fbl@prakerja.example
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1
${fields}
--b
Content-Type: message/rfc822

Return-Path: <bounce+cd34@bounce.prakerja.example>
To: Budi <budi@contoh.id>

Hello
--b--
`);
  it('names the recipient, and the token of the mail inside', () => {
    expect(readBounce(arf('Original-Rcpt-To: siti@contoh.id'))).toMatchObject([
      { type: 'complained', recipientAddress: 'siti@contoh.id', recipientToken: 'cd34', diagnostic: 'abuse' },
    ]);
    expect(readBounce(arf('Version: 1'))).toMatchObject([{ recipientAddress: 'budi@contoh.id' }]);
  });
});

describe('bounces that only speak to people', () => {
  const qmail = `From: MAILER-DAEMON@mx.contoh.id
To: bounce+ab12@bounce.prakerja.example
Subject: failure notice

Hi. This is the qmail-send program.

<siti@contoh.id>:
192.0.2.9 does not like recipient.
Remote host said: 550 5.1.1 no mailbox here

<budi@contoh.id>:
Remote host said: 552 over quota

--- Below this line is a copy of the message.

To: lain@contoh.id
`;
  it('cuts the text per recipient and leaves the returned mail out', () => {
    const found = readBounce(bytes(qmail));
    expect(found.map(({ recipientAddress, dsn }) => [recipientAddress, dsn])).toEqual([
      ['siti@contoh.id', '5.1.1'],
      ['budi@contoh.id', null],
    ]);
    expect(found.map(({ dsn, diagnostic }) => classifyBounce(dsn, diagnostic))).toEqual(['hard', 'full']);
  });

  it.each([
    ['From: siti@contoh.id\nSubject: Re: Konfirmasi\n\nTerima kasih'],
    ['From: siti@contoh.id\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nSaya cuti'],
    [''],
  ])('%j is no bounce', (text) => expect(readBounce(bytes(text))).toEqual([]));

  it('never throws, and never calls noise a complaint', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
        for (const wrapped of [noise, Buffer.concat([report(''), noise]), Buffer.concat([Buffer.from(qmail), noise])]) {
          for (const { type } of readBounce(wrapped)) expect(type).not.toBe('complained');
        }
      }),
    );
  });

  it.each([
    ['dashes', '-'.repeat(200_000)],
    ['angle brackets', '<'.repeat(200_000)],
    ['letters', 'a'.repeat(200_000)],
    ['quotes', ';a="'.repeat(50_000)],
    ['nested parts', 'Content-Type: multipart/mixed; boundary=x\n\n--x\n'.repeat(5_000)],
  ])('reads a long run of %s in linear time', (_, run) => {
    const heads = [
      `Subject: failure\nFrom: mailer-daemon\n\n${run}`,
      `Date: ${run}\nContent-Type: ${run}\nTo: ${run}\n\n${run}`,
    ];
    for (const text of heads) expect(readBounce(bytes(text)).length).toBeLessThanOrEqual(1);
  });
});

/** The corpus is not in the repository; the vectors above stand where it is absent. */
const folder = corpus('bounces/');
describe.runIf(existsSync(folder))('the sisimai corpus', () => {
  it('tells hard from soft as three parsers agree in 9 of 10', () => {
    const rows = readFileSync(`${folder}expected.csv`, 'utf8').trim().split(/\r?\n/).slice(1);
    const agreed = rows.map((row) => row.split(',')).filter((row) => row[6] === '1');
    expect(agreed.length).toBeGreaterThan(200);
    const right = agreed.filter(([file = '', index, , , , hard]) => {
      const found = readBounce(readFileSync(`${folder}eml/${file}`))[Number(index) - 1];
      const isHard = found?.type === 'bounced' && classifyBounce(found.dsn, found.diagnostic) === 'hard';
      return isHard === (hard === 'true');
    });
    expect(right.length / agreed.length).toBeGreaterThan(0.9);
  });
});

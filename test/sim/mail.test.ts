import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type MailOptions, startMail } from '../../sim/mail.ts';
import { logLines, placeOf, stopping } from './helpers.ts';

const NAMES = ['ok', 'sure', 'gone', 'full4', 'full5', 'blocked', 'slow', 'angry', 'back', 'late', 'shared', 'shared'];
const REGISTRATIONS = `full_name,email,registration_id\n"Nama,\n""Dua""",quoted@example.test,RQ\n${NAMES.map((name, i) => `X,${name}@example.test,R${i}\n`).join('')}`;
const at = (hour: number): string => `2020-09-15T${String(hour).padStart(2, '0')}:00:00+07:00`;
const event = (id: number, type: string, hour: number, dsn?: string, diagnostic?: string): string =>
  `${JSON.stringify({ registration_id: `R${id}`, type, at: at(hour), dsn, diagnostic })}\n`;
const EVENTS = [
  event(0, 'delivered', 1),
  event(1, 'confirmed', 1),
  event(1, 'bounced', 9, '5.1.1'),
  event(2, 'bounced', 1, '5.1.1', 'smtp; 550 5.1.1 No such user here'),
  event(3, 'bounced', 1, '4.2.2'),
  event(4, 'bounced', 1, '5.2.2'),
  event(5, 'bounced', 1, '5.7.1', '550 5.7.1 Spam suspected'),
  event(6, 'deferred', 1),
  event(7, 'complained', 1),
  // In the order of `at`, not of the lines: delivered is the last.
  event(8, 'delivered', 9),
  event(8, 'bounced', 1, '5.1.1'),
  event(9, 'delivered', 1),
  event(9, 'bounced', 2, '5.2.1'),
  event(10, 'delivered', 5),
  event(11, 'bounced', 6, '5.1.1'),
  event(12, 'bounced', 6, '5.1.1').replace('R12', 'RQ'),
].join('');

async function start(options: MailOptions = {}, rules?: unknown) {
  const place = placeOf({ 'registrations.csv': REGISTRATIONS, 'email-events.ndjson': EVENTS }, rules);
  const sim = stopping(await startMail(place, options));
  const transport = createTransport({ url: sim.url, pool: true, maxConnections: 2 } as object);
  onTestFinished(() => transport.close());
  const send = async (name: string, id = name): Promise<string> => {
    try {
      const sent = await transport.sendMail({
        envelope: { from: `bounce+${id}@bounce.test`, to: [`${name}@example.test`] },
        from: 'no-reply@prakerja.test',
        to: `${name}@example.test`,
        subject: 'Verifikasi',
        text: 'Halo',
        messageId: `<${id}@prakerja.test>`,
        dsn: { id: `<${id}@prakerja.test>`, return: 'headers', notify: ['failure'] },
      } as object);
      return sent.response;
    } catch (error) {
      return (error as { response?: string }).response ?? (error as Error).message;
    }
  };
  const bounces = (): string[] =>
    readdirSync(join(sim.bounces, 'new')).map((name) => readFileSync(join(sim.bounces, 'new', name), 'utf8'));
  return { place, sim, send, bounces, log: () => logLines(place.log, 'mail.ndjson') };
}

describe('mail', () => {
  it.each([
    ['ok', '250 2.0.0 OK: queued'],
    ['nobody-knows', '250 2.0.0 OK: queued'],
    ['sure', '250 2.0.0 OK: queued'],
    ['back', '250 2.0.0 OK: queued'],
    ['gone', '550 5.1.1 No such user here'],
    ['GONE', '550 5.1.1 No such user here'],
    ['late', '550 5.2.1 The email account is disabled'],
    ['full4', '452 4.2.2 The email account that you tried to reach is over quota'],
    ['full5', '552 5.2.2 The email account that you tried to reach is over quota'],
    ['blocked', '550 5.7.1 Spam suspected'],
    ['slow', '451 4.3.2 System not accepting network messages'],
    ['shared', '550 5.1.1 User unknown'],
    ['quoted', '550 5.1.1 User unknown'],
  ])('%s: %s', async (name, answer) => {
    const { send, log, bounces } = await start();
    expect(await send(name)).toBe(answer);
    expect(log()).toMatchObject([
      {
        message_id: `<${name}@prakerja.test>`,
        rcpt: `${name}@example.test`,
        answer: answer.startsWith('250') ? '250' : answer,
        envelope_from: `bounce+${name}@bounce.test`,
      },
    ]);
    expect(bounces()).toEqual([]);
  });

  it('a complaint: 250, then an abuse report in the Maildir', async () => {
    const { send, bounces } = await start();
    expect(await send('angry')).toMatch(/^250/);
    const [report = ''] = bounces();
    expect(report).toContain('report-type=feedback-report');
    expect(report).toContain('Feedback-Type: abuse\r\n');
    expect(report).toContain('Original-Rcpt-To: <angry@example.test>');
    const mail = await simpleParser(report);
    expect(mail.to).toMatchObject({ text: 'bounce+angry@bounce.test' });
    expect(report).toContain('Message-ID: <angry@prakerja.test>');
  });

  it('late bounces: 250, then a delivery status notification to the envelope sender', async () => {
    const { send, bounces } = await start({ late_bounces: true });
    expect(await send('gone')).toMatch(/^250/);
    expect(await send('slow')).toMatch(/^250/);
    expect(await send('ok')).toMatch(/^250/);
    const reports = bounces();
    expect(reports).toHaveLength(2);
    const gone = reports.find((report) => report.includes('Final-Recipient: rfc822;gone@example.test')) ?? '';
    expect(gone).toContain('To: bounce+gone@bounce.test\r\n');
    expect(gone).toContain('report-type=delivery-status');
    expect(gone).toContain('Action: failed\r\nStatus: 5.1.1\r\n');
    expect(gone).toContain('Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n');
    expect(gone).toContain('Message-ID: <gone@prakerja.test>');
    expect(reports.find((report) => report !== gone)).toContain('Action: delayed\r\nStatus: 4.3.2\r\n');
    expect((await simpleParser(gone)).text).toContain('Final-Recipient: rfc822;gone@example.test');
  });

  it('a transient mailbox clears after the given number of attempts, a dead one never', async () => {
    const { send } = await start({ transient_clears_after: 2 });
    const codes = [];
    for (const name of ['full4', 'full4', 'full4', 'gone', 'gone', 'gone']) codes.push((await send(name)).slice(0, 3));
    expect(codes).toEqual(['452', '452', '250', '550', '550', '550']);
  });

  it('takes a pipelined burst of several messages and recipients on one connection', async () => {
    const { sim, log } = await start();
    const socket = connect(Number(new URL(sim.url).port), '127.0.0.1');
    const said = text(socket);
    const message = (n: number): string =>
      `MAIL FROM:<a${n}@b.test>\r\nRCPT TO:<ok@example.test>\r\nRCPT TO:<gone@example.test>\r\nDATA\r\n`;
    // Waits for each greeting or 354 as RFC 2920 asks: DATA ends a pipelined group.
    let next = 0;
    const steps = [
      'EHLO x\r\n',
      message(1),
      'Message-ID: <m1>\r\n\r\nx\r\n.\r\n',
      message(2),
      'Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n',
    ];
    socket.on('data', (part) => {
      if (/^(?:220|354|250 2\.0\.0)|^250[ ](?!Accepted)/m.test(part.toString())) socket.write(steps[next++] ?? '');
    });
    expect(await said).toMatch(/354[\s\S]*250 2\.0\.0[\s\S]*354[\s\S]*250 2\.0\.0[\s\S]*221/);
    expect(log().map((l) => [l.message_id, l.rcpt, l.answer])).toEqual([
      ['', 'gone@example.test', '550 5.1.1 No such user here'],
      ['<m1>', 'ok@example.test', '250'],
      ['', 'gone@example.test', '550 5.1.1 No such user here'],
      ['', 'ok@example.test', '250'],
    ]);
  });

  describe('faults', () => {
    const rule = (fault: string, value?: string) => [{ counterpart: 'mail', fault, share: 1, value, until_call: 1 }];
    it('error_text is the reply to RCPT, once', async () => {
      const { send } = await start({}, rule('error_text', '421 4.3.2 Try later'));
      expect(await send('ok')).toBe('421 4.3.2 Try later');
      expect(await send('ok')).toMatch(/^250/);
    });

    it('answer_lost: the message is taken and nobody says so', async () => {
      const { send, log } = await start({}, rule('answer_lost'));
      expect(await send('ok')).not.toMatch(/^250/);
      expect(log()).toMatchObject([{ message_id: '<ok@prakerja.test>', answer: 'fault:answer_lost', accepted: true }]);
    });

    it('disconnect and timeout take nothing', async () => {
      for (const fault of ['disconnect', 'timeout']) {
        const { send, log, sim } = await start({}, rule(fault));
        const sending = send('ok');
        await vi.waitUntil(() => log().length === 1);
        await sim.close();
        expect(await sending).not.toMatch(/^250/);
        expect(log()).toMatchObject([{ answer: `fault:${fault}` }]);
      }
    });
  });
});

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createMailClient, type MailClient } from '../../../workers/email/client.ts';
import { messageId, parseVerp, verpSender, verpToken } from '../../../workers/email/verp.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function client(port: number, timeoutMs = 5_000, login = ''): MailClient {
  const mail = createMailClient({
    url: `smtp://${login}127.0.0.1:${port}`,
    from: 'Prakerja <no-reply@prakerja.example>',
    bounceDomain: 'bounce.prakerja.example',
    timeoutMs,
  });
  cleanups.push(() => mail.close());
  return mail;
}

async function smtp(options: SMTPServerOptions): Promise<number> {
  const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.server.address() as AddressInfo).port;
}

async function tcp(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

function smtpError(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

const id = messageId('ab12', 'prakerja.example');
const mail = { to: 'siti@contoh.id', messageId: id };

describe('the mail client against a real server', () => {
  it('sends the given Message-ID with a VERP sender, over a connection that is kept', async () => {
    const seen: { from: string; to: string; body: string; session: string }[] = [];
    const port = await smtp({
      onData(stream, session, done) {
        let body = '';
        stream.on('data', (part: Buffer) => {
          body += part.toString();
        });
        stream.on('end', () => {
          const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
          seen.push({ from, to: session.envelope.rcptTo[0]?.address ?? '', body, session: session.id });
          done();
        });
      },
    });
    const mailer = client(port);
    expect(await mailer.send(mail)).toEqual({ kind: 'accepted', at: expect.any(Date) });
    expect(await mailer.send({ ...mail, to: 'budi@contoh.id' })).toMatchObject({ kind: 'accepted' });
    expect(seen[0]).toMatchObject({ from: 'bounce+ab12@bounce.prakerja.example', to: 'siti@contoh.id' });
    expect(seen[0]?.body).toContain(`Message-ID: ${id}`);
    expect(seen[0]?.body).toContain('Konfirmasi surel');
    expect(seen[1]?.to).toBe('budi@contoh.id');
    expect(seen[1]?.session).toBe(seen[0]?.session);
  });

  it.each([
    [550, '5.1.1 User unknown', '5.1.1'],
    [552, '5.2.2 Mailbox full', '5.2.2'],
    [451, '4.7.1 Greylisted', '4.7.1'],
    [550, 'no status at all 5.1.1', null],
  ])('a RCPT answered with %i %s is refused', async (code, text, dsn) => {
    const port = await smtp({ onRcptTo: (_, __, done) => done(smtpError(code, text)) });
    const outcome = await client(port).send(mail);
    expect(outcome).toEqual({ kind: 'refused', code, dsn, diagnostic: `${code} ${text}` });
  });

  it('a mail refused after DATA is refused', async () => {
    const port = await smtp({
      onData(stream, _, done) {
        stream.on('end', () => done(smtpError(554, '5.7.1 spam')));
        stream.resume();
      },
    });
    expect(await client(port).send(mail)).toMatchObject({ kind: 'refused', code: 554, dsn: '5.7.1' });
  });

  it.each<[string, SMTPServerOptions]>([
    ['MAIL FROM', { onMailFrom: (_, __, done) => done(smtpError(550, '5.1.0 sender unknown')) }],
    ['the connection', { onConnect: (_, done) => done(smtpError(554, '5.7.1 go away')) }],
  ])('a refusal of %s says nothing about the recipient', async (_, options) => {
    expect(await client(await smtp(options)).send(mail)).toMatchObject({ kind: 'no_answer' });
  });

  it('a refused login says nothing about the recipient', async () => {
    const port = await smtp({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_, __, done) => done(smtpError(535, '5.7.8 no')),
    });
    const outcome = await client(port, 5_000, 'user:secret@').send(mail);
    expect(outcome).toMatchObject({ kind: 'no_answer' });
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  it('a server that hangs up, or is not there, gives no answer, and is tried once', async () => {
    let connections = 0;
    const port = await tcp(
      createServer((socket) => {
        connections++;
        socket.resume().end('220 hello\r\n');
      }),
    );
    expect(await client(port).send(mail)).toMatchObject({ kind: 'no_answer' });
    expect(connections).toBe(1);
    expect(await client(1).send(mail)).toMatchObject({ kind: 'no_answer' });
  });

  it('a server that never greets is given up on', async () => {
    const port = await tcp(createServer((socket) => cleanups.push(() => void socket.destroy())));
    expect(await client(port, 100).send(mail)).toMatchObject({
      kind: 'no_answer',
      why: expect.stringContaining('ETIMEDOUT'),
    });
  });

  it('sends nothing under a Message-ID that is not one of ours', async () => {
    expect(await client(1).send({ to: 'a@b.id', messageId: '<A B@c>' })).toMatchObject({ kind: 'no_answer' });
  });
});

describe('VERP', () => {
  it('comes back, whatever servers do to case and brackets', () => {
    const token = verpToken(id) ?? '';
    const sender = verpSender(token, 'bounce.prakerja.example');
    expect(parseVerp(sender)).toBe('ab12');
    expect(parseVerp(`<${sender.toUpperCase()}>`, 'Bounce.Prakerja.example')).toBe('ab12');
    expect(parseVerp(sender, 'other.example')).toBeNull();
  });

  it.each([['siti@contoh.id'], ['bounce+@x.id'], ['bounce+a b@x.id'], [`bounce+${'a'.repeat(58)}@x.id`], ['']])(
    '%j is none of ours',
    (address) => expect(parseVerp(address)).toBeNull(),
  );
});

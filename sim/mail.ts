import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { openLog } from './log.ts';
import { message, type PostOffice, recipient } from './mail-desk.ts';
import { loadMailboxes } from './mailboxes.ts';
import { openMaildir } from './maildir.ts';
import type { Place } from './place.ts';
import { type ClockUs, wallClockUs } from './time.ts';

const SERVER = {
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'] as string[],
  // With its own enhanced codes the server would put 5.1.1 before every 550, also before a blocked one.
  hideENHANCEDSTATUSCODES: true,
  // The program's DSN parameters are how a refused RCPT is told apart: ENVID carries its message id.
  hideDSN: false,
  disableReverseLookup: true,
  maxAllowedUnauthenticatedCommands: false,
  size: 1 << 20,
  closeTimeout: 1,
  logger: false,
} as const;

/**
 * `late_bounces`: refusals come as a notification in the Maildir after a 250. `transient_clears_after`: a 4xx mailbox
 * accepts from that attempt on (unset: never).
 */
export type MailOptions = {
  readonly late_bounces?: boolean;
  readonly transient_clears_after?: number;
  readonly port?: number;
  readonly clock_us?: ClockUs;
};
export type MailSim = { readonly url: string; readonly bounces: string; close(): Promise<void> };

/**
 * The world's mailboxes behind one SMTP server on a loopback port (no AUTH, no TLS; PIPELINING, DSN). It answers RCPT
 * by DATA/registrations.csv and DATA/email-events.ndjson, and appends `{at_us, message_id, rcpt, answer,
 * envelope_from}` to LOG/mail.ndjson: one line for each refused recipient (its message never came, so message_id is
 * the ENVID of MAIL FROM, or '') and one for each recipient of an accepted message. Reports go to LOG/bounces.
 */
export async function startMail(place: Place, options: MailOptions = {}): Promise<MailSim> {
  const timers = new Set<NodeJS.Timeout>();
  const picker = place.faults.for('mail');
  const office: PostOffice = {
    clock: options.clock_us ?? wallClockUs,
    mailboxes: await loadMailboxes(place.data),
    log: openLog(join(place.log, 'mail.ndjson')),
    bounces: openMaildir(join(place.log, 'bounces')),
    late_bounces: options.late_bounces ?? false,
    transient_clears_after: options.transient_clears_after ?? Number.POSITIVE_INFINITY,
    attempts: new Map(),
    sockets: new Map(),
    losing: new WeakMap(),
  };
  const server = new SMTPServer({
    ...SERVER,
    onRcptTo({ address }, session, reply) {
      const { delay_ms, fault } = picker.next('rcpt');
      if (delay_ms === 0) {
        recipient(office, address, session, reply, fault);
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        recipient(office, address, session, reply, fault);
      }, delay_ms);
      timers.add(timer);
    },
    onData: (stream, session, reply) => message(office, stream, session, reply),
  });
  // A client that hangs up in the middle is what the tests are for, not an error of the server.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    office.sockets.set(port, socket);
    socket.once('close', () => office.sockets.delete(port));
  });
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    bounces: office.bounces.path,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      const closed = new Promise<void>((resolve) => server.close(resolve));
      for (const socket of office.sockets.values()) socket.destroy();
      await closed;
      office.log.close();
    },
  };
}

import type { Mailbox } from './mailboxes.ts';

const CRLF = '\r\n';
const HOST = 'mx.sim.test';

/** What a report is about: the envelope and the headers of a message that was accepted. */
export type Accepted = {
  readonly envelope_from: string;
  readonly rcpt: string;
  readonly message_id: string;
  readonly headers: string;
  readonly at_us: number;
};

/** A delivery status notification (RFC 3464) to the envelope sender: a bounce that comes after the 250. */
export function deliveryStatus(message: Accepted, mailbox: Extract<Mailbox, { kind: 'refuses' }>): string {
  const action = mailbox.status.startsWith('4') ? 'delayed' : 'failed';
  const status = [
    `Reporting-MTA: dns; ${HOST}`,
    `Arrival-Date: ${mailDate(message.at_us)}`,
    '',
    `Original-Recipient: rfc822;${message.rcpt}`,
    `Final-Recipient: rfc822;${message.rcpt}`,
    `Action: ${action}`,
    `Status: ${mailbox.status}`,
    'Remote-MTA: dns; mailbox.sim.test',
    `Diagnostic-Code: smtp; ${mailbox.code} ${mailbox.status} ${mailbox.text}`,
    `Last-Attempt-Date: ${mailDate(message.at_us)}`,
  ];
  return report(message, {
    subject: action === 'failed' ? 'Undelivered Mail Returned to Sender' : 'Delayed Mail (still being retried)',
    from: `Mail Delivery System <MAILER-DAEMON@${HOST}>`,
    type: 'delivery-status',
    text: `<${message.rcpt}>: host mailbox.sim.test said: ${mailbox.code} ${mailbox.status} ${mailbox.text}`,
    status,
    original: 'text/rfc822-headers',
  });
}

/** A feedback report (ARF, RFC 5965) to the envelope sender: the recipient pressed "spam". */
export function feedbackReport(message: Accepted): string {
  const status = [
    'Feedback-Type: abuse',
    'User-Agent: prakerja-sim/1',
    'Version: 1',
    `Original-Mail-From: <${message.envelope_from}>`,
    `Original-Rcpt-To: <${message.rcpt}>`,
    `Arrival-Date: ${mailDate(message.at_us)}`,
    `Reported-Domain: ${message.envelope_from.split('@')[1] ?? ''}`,
    'Source-IP: 127.0.0.1',
  ];
  return report(message, {
    subject: 'FW: complaint about a message',
    from: `Abuse Desk <fbl@${HOST}>`,
    type: 'feedback-report',
    text: 'This is an email abuse report for an email message received from IP 127.0.0.1.',
    status,
    original: 'message/rfc822',
  });
}

type Parts = { subject: string; from: string; type: string; text: string; status: string[]; original: string };

function report(message: Accepted, parts: Parts): string {
  const boundary = `sim-${message.at_us}`;
  return [
    'Return-Path: <>',
    `From: ${parts.from}`,
    `To: ${message.envelope_from}`,
    `Subject: ${parts.subject}`,
    `Date: ${mailDate(message.at_us)}`,
    `Message-ID: <${message.at_us}.report@${HOST}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${parts.type}; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    parts.text,
    '',
    `--${boundary}`,
    `Content-Type: message/${parts.type}`,
    '',
    ...parts.status,
    '',
    `--${boundary}`,
    `Content-Type: ${parts.original}`,
    '',
    message.headers,
    '',
    `--${boundary}--`,
    '',
  ].join(CRLF);
}

/** RFC 5322 date, UTC. */
function mailDate(at_us: number): string {
  return new Date(at_us / 1000).toUTCString().replace('GMT', '+0000');
}

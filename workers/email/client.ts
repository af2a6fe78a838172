import { createTransport } from 'nodemailer';
import { enhancedStatus } from './bounce.ts';
import { verpSender, verpToken } from './verp.ts';

const CONNECTIONS = 5;
const MESSAGES_PER_CONNECTION_MAX = 1000;
const TIMEOUT_MS = 30_000;
const DIAGNOSTIC_CHARACTERS_MAX = 500;

export interface MailClientOptions {
  /** `smtp://user:password@host:port` or `smtps://…` */
  readonly url: string;
  readonly from: string;
  readonly bounceDomain: string;
  readonly connections?: number;
  /** For connecting, for the greeting and for each answer. */
  readonly timeoutMs?: number;
}

export interface MailToSend {
  readonly to: string;
  /** `<token@domain>`, made and stored before; see `messageId` in verp.ts. */
  readonly messageId: string;
}

export type SendOutcome =
  /** The server took it: not yet proof that it arrived. */
  | { readonly kind: 'accepted'; readonly at: Date }
  /** The server refused this recipient or this mail; 4xx for now, 5xx for good. */
  | { readonly kind: 'refused'; readonly code: number; readonly dsn: string | null; readonly diagnostic: string }
  /** Not sent, as far as we know; nothing is said about the recipient. */
  | { readonly kind: 'no_answer'; readonly why: string };

export interface MailClient {
  /** Never throws. */
  send(mail: MailToSend): Promise<SendOutcome>;
  close(): void;
}

/**
 * Sends the confirmation mail through one pool of SMTP connections. A mail is tried once per call: who re-sends, and
 * when, is decided by the rules and stored, not by a library (hence `maxRequeues: 0`).
 */
export function createMailClient(options: MailClientOptions): MailClient {
  const timeout = options.timeoutMs ?? TIMEOUT_MS;
  const transport = createTransport({
    url: options.url,
    pool: true,
    maxConnections: options.connections ?? CONNECTIONS,
    maxMessages: MESSAGES_PER_CONNECTION_MAX,
    maxRequeues: 0,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      const token = verpToken(mail.messageId);
      if (token === null) return { kind: 'no_answer', why: 'the Message-ID is not one of ours' };
      try {
        await transport.sendMail({
          ...mailText,
          from: options.from,
          to: { name: '', address: mail.to },
          messageId: mail.messageId,
          envelope: { from: verpSender(token, options.bounceDomain), to: [mail.to] },
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { kind: 'accepted', at: new Date() };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => transport.close(),
  };
}

/**
 * Only an answer to RCPT TO or DATA is about the recipient. A refused login, greeting or MAIL FROM is our own fault
 * (a 5.1.0 there must not end as "the applicant's address does not exist").
 */
function outcomeOf(error: unknown): SendOutcome {
  const { code, command, response, responseCode } = error as SmtpError;
  const aboutRecipient = command === 'RCPT TO' || command === 'DATA';
  if (aboutRecipient && typeof responseCode === 'number' && responseCode >= 400 && typeof response === 'string') {
    const diagnostic = response.slice(0, DIAGNOSTIC_CHARACTERS_MAX);
    return { kind: 'refused', code: responseCode, dsn: enhancedStatusOfReply(response), diagnostic };
  }
  const why = [code, command, responseCode].filter((part) => part !== undefined).join(' ');
  return { kind: 'no_answer', why: why === '' ? 'unknown error' : why };
}

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/** "550 5.1.1 …" or "550-5.1.1 …": RFC 2034 puts the status right after the code; elsewhere it may be anything. */
function enhancedStatusOfReply(response: string): string | null {
  const status = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(response)?.[1];
  return status === undefined ? null : enhancedStatus(status);
}

/** The same for everybody: no name and no number travels by mail. */
const mailText = {
  subject: 'Konfirmasi surel Kartu Prakerja / Confirm your e-mail',
  text: `Terima kasih sudah mendaftar Kartu Prakerja.
Masuk ke akun Anda dan tekan "Konfirmasi surel" untuk melanjutkan.
Jika Anda tidak mendaftar, abaikan surel ini.

Thank you for registering for Kartu Prakerja.
Sign in to your account and press "Confirm e-mail" to go on.
If you did not register, ignore this mail.
`,
} as const;

import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { Policy } from '../../jobs/policy.ts';
import type { ChunkStage } from '../../jobs/stage.ts';
import { ASKING_ROWS_MAX } from '../../jobs/stages.ts';
import { createMailClient, type SendOutcome } from './client.ts';
import { decideEmail, type EmailEvent } from './rules.ts';
import { intendMessages, keepAnswer, load, type Message, park, type Row, save } from './store.ts';
import { messageId } from './verp.ts';

export interface MailSettings {
  readonly smtpUrl: string;
  readonly from: string;
  readonly bounceDomain: string;
}

interface Context {
  readonly now: Date;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

type Rows = readonly Row[];
type Outgoing = Map<Row, Message>;
type Db = Parameters<typeof load>[0];
type Tx = Parameters<typeof save>[0];
type Stage = ChunkStage<Db, Tx, Context, Rows, Outgoing, void, Parameters<typeof save>[2]>;

const MAILS_AT_ONCE = 5;

/** The e-mail stage. Without a mail server nothing is sent and verdicts come from imported events. */
export function createEmailStage(settings: MailSettings | undefined): Stage & { close(): Promise<void> } {
  const client =
    settings && createMailClient({ url: settings.smtpUrl, from: settings.from, bounceDomain: settings.bounceDomain });
  const decideRow = (row: Row, { now, policy }: Context) =>
    decideEmail({
      email: row.email,
      events: row.events,
      sends: row.sends,
      policy: policy.email,
      now,
      canSend: client !== undefined,
    });
  const mustSend = (row: Row, context: Context) => {
    const { outcome, dueAt } = decideRow(row, context);
    return outcome === 'waiting' && dueAt !== null && dueAt <= context.now;
  };

  return {
    kind: 'chunk',
    name: 'email',
    ...(settings && { rows_max: ASKING_ROWS_MAX }),
    load,
    async intend(db, _chunk, rows, context) {
      if (!settings) return new Map();
      const due = rows.filter((row) => mustSend(row, context));
      const messages = new Map(due.map((row) => [row, newMessage(row, settings.bounceDomain)]));
      await intendMessages(db, [...messages.values()], context.now);
      return messages;
    },
    async ask(db, _loaded, outgoing, context) {
      const limit = pLimit(MAILS_AT_ONCE);
      const send = async ([row, message]: [Row, Message]) => {
        context.signal.throwIfAborted();
        const outcome = await client?.send({ to: row.email, messageId: message.messageId });
        if (!outcome) return;
        const event = eventOf(outcome, context.now);
        await keepAnswer(db, message, answerText(outcome), event);
        row.sends = { count: row.sends.count + 1, lastSentAt: context.now };
        if (event) row.events = [...row.events, event];
      };
      await Promise.all([...(outgoing ?? [])].map((entry) => limit(send, entry)));
    },
    decide: (rows, _answers, context) =>
      rows.map((row) => ({ reg: row.reg, before: row.before, verdict: decideRow(row, context) })),
    save,
    park,
    close: async () => client?.close(),
  };
}

function newMessage(row: Row, domain: string): Message {
  const token = randomUUID();
  return { reg: row.reg, token, messageId: messageId(token, domain) };
}

/**
 * What a mail server's answer says about the address: taken is `delivered` until a bounce says otherwise, a refusal is
 * what its status says (docs/decisions/0006). No answer says nothing.
 */
function eventOf(outcome: SendOutcome, now: Date): EmailEvent | null {
  const at = now.getTime();
  if (outcome.kind === 'accepted') return { type: 'delivered', at, dsn: null, diagnostic: null };
  if (outcome.kind === 'no_answer') return null;
  return { type: outcome.code >= 500 ? 'bounced' : 'deferred', at, dsn: outcome.dsn, diagnostic: outcome.diagnostic };
}

function answerText(outcome: SendOutcome): string {
  if (outcome.kind === 'refused') return `${outcome.code} ${outcome.dsn ?? ''}`.trim();
  return outcome.kind === 'accepted' ? 'accepted' : `no answer: ${outcome.why}`;
}

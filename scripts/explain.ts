import { explainRegistration, type PaymentOrder } from '../db/explain.ts';
import { type PayoutReason, payoutReasons } from '../jobs/payout-reasons.ts';
import { isReason, reasons } from '../jobs/reasons.ts';
import { wibDate } from '../jobs/time.ts';
import { ourFaults } from '../workers/payout/rules.ts';
import { done, type Report, withOffice } from './command.ts';

/** `explain REGISTRATION_ID`: every decision and why, in Indonesian and English. No personal data is shown. */
export function explain(registrationId: string): Promise<Report> {
  return withOffice(async ({ db }) => {
    const { reg: _, decisions, batches, instalments, ...registration } = await explainRegistration(db, registrationId);
    const json = {
      registration_id: registrationId,
      ...registration,
      decisions: decisions.map((decision) => ({ ...decision, ...textOf(decision.reason) })),
      batches,
      instalments: instalments.map((instalment) => ({ ...instalment, ...payoutText(instalment) })),
    };
    const lines = [
      `${registrationId}, registered ${registration.registered_at.toISOString()}, province ${registration.province_code}`,
    ];
    for (const { stage, outcome, reason, detail, decided_at, superseded_at } of decisions) {
      const when = superseded_at ? ` (until ${superseded_at.toISOString()})` : '';
      lines.push(
        `${stage.padEnd(10)}${outcome.padEnd(10)}${reason.padEnd(24)}${detail}  ${decided_at.toISOString()}${when}`,
      );
      const text = textOf(reason);
      if (text && !superseded_at)
        lines.push(`          ID: ${text.text_id} ${text.todo_id}`, `          EN: ${text.text_en} ${text.todo_en}`);
    }
    for (const { batch, state, track, rank, decision, decreed, carried_from } of batches) {
      const place =
        rank === null
          ? track === null
            ? 'not in the pool'
            : `in the pool (${track})`
          : `${decision}, rank ${rank}, ${track}`;
      const carried = carried_from === null ? '' : `, carried over from batch ${carried_from}`;
      lines.push(`batch ${batch} (${state}): ${place}${carried}${decreed ? `, decree: ${decreed}` : ''}`);
    }
    for (const instalment of instalments) {
      const { kind, number, state, reason, due_on, orders } = instalment;
      lines.push(`${kind} ${number}: ${state}${reason ? ` (${reason})` : ''}, due ${due_on}`);
      const text = payoutText(instalment);
      if (text)
        lines.push(
          `          ID: ${text.text_id} ${text.todo_id ?? ''}`,
          `          EN: ${text.text_en} ${text.todo_en ?? ''}`,
        );
      for (const order of orders) lines.push(`          ${orderText(order)}`);
    }
    return done(json, ...lines);
  });
}

/** What a held, refused or returned payment means to the participant, and what they can do; the bank's code may follow the reason. */
function payoutText({ state, reason }: { state: string; reason: string }): Text | undefined {
  const [code = ''] = reason.split(' ');
  const refusedForUs = code === 'bank_rejected' && ourFaults.includes(reason);
  const name = state === 'returned' ? 'returned' : refusedForUs ? 'bank_refused_us' : code;
  if (!Object.hasOwn(payoutReasons, name)) return textOf(name);
  const { id, en } = payoutReasons[name as PayoutReason];
  return { text_id: id, text_en: en };
}

function orderText({ order_number, reference, reason, submitted_at, settled_at }: PaymentOrder): string {
  const said = [
    submitted_at && `sent ${wibDate(new Date(submitted_at))}`,
    settled_at && `settled ${wibDate(new Date(settled_at))}`,
    reason,
  ];
  return [`order ${order_number} ${reference}`, ...said.filter(Boolean)].join(', ');
}

interface Text {
  readonly text_id: string;
  readonly text_en: string;
  readonly todo_id?: string;
  readonly todo_en?: string;
}

function textOf(reason: string): Required<Text> | undefined {
  if (!isReason(reason)) return undefined;
  const { id, en, todo_id, todo_en } = reasons[reason];
  return { text_id: id, text_en: en, todo_id, todo_en };
}

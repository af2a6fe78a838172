import { createHash, type KeyObject, sign } from 'node:crypto';
import type { BankLine } from './bank-ledger.ts';
import { STATUS_TEXTS } from './bank-payment.ts';
import { minify } from './bank-signature.ts';
import type { Picker } from './faults.ts';

const PATHS: Readonly<Record<string, string>> = {
  '18': '/v1.0/transfer/notify',
  '20': '/v1.0/transfer-interbank-bulk/notify',
  '38': '/v1.0/emoney/topup/notify',
  '40': '/v1.0/emoney/bulk-cashin-notify',
};

/** Tells the payer by itself what became of payments. */
export type Caller = {
  /** Where to tell it from now on: a base URL; '' for nowhere. */
  to(url: string): void;
  /** What a call of this service came to: the lines of the log. */
  tell(service: string, lines: readonly BankLine[]): void;
  /** Resolves once everything that was to be told is told, or could not be. */
  told(): Promise<void>;
};

/** The bank's own key, who it calls, and the faults of its calls. */
export type CallerSettings = { readonly key: KeyObject; readonly partner_id: string; readonly picker: Picker };

/**
 * Sends a message per status, one after the other, once and without waiting for a good answer. Its time is that of the
 * payment's call, so that a played year has its own days. Faults at the endpoint `callback`, one per call: `duplicate`
 * (each message twice), `disorder` (the last message first), `wrong_signature`, `delay_ms`.
 */
export function newCaller({ key, partner_id, picker }: CallerSettings): Caller {
  let address = '';
  let sent = 0;
  let telling: Promise<void> = Promise.resolve();

  async function post(path: string, timestamp: string, message: object, forged: boolean, times: number): Promise<void> {
    const body = JSON.stringify(message, null, 2);
    const digest = createHash('sha256').update(minify(body)).digest('hex');
    const text = `POST:${path}:${digest}:${timestamp}${forged ? '!' : ''}`;
    sent += 1;
    const headers = {
      'Content-Type': 'application/json',
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': sign('RSA-SHA256', Buffer.from(text), key).toString('base64'),
      'X-PARTNER-ID': partner_id,
      'X-EXTERNAL-ID': `${Date.now()}${sent}`,
      'CHANNEL-ID': '95221',
    };
    for (let i = 0; i < times; i++) {
      const answered = fetch(address + path, { method: 'POST', headers, body }).then((response) =>
        response.arrayBuffer(),
      );
      await answered.catch(() => undefined);
    }
  }

  return {
    to(url) {
      address = url.replace(/\/+$/, '');
    },
    tell(service, lines) {
      const path = PATHS[service];
      const messages = messagesOf(service, lines);
      const { value_date, value_time } = lines[0] ?? {};
      if (address === '' || path === undefined || messages.length === 0) return;
      const { fault, delay_ms } = picker.next('callback');
      if (fault?.kind === 'disorder') messages.reverse();
      const timestamp = `${value_date}T${value_time}+07:00`;
      telling = telling.then(async () => {
        await new Promise((resolve) => setTimeout(resolve, delay_ms));
        const times = fault?.kind === 'duplicate' ? 2 : 1;
        for (const message of messages) await post(path, timestamp, message, fault?.kind === 'wrong_signature', times);
      });
    },
    told: () => telling,
  };
}

/** Of a payment a message for each of its statuses; of a bulk one, with how its orders ended. */
function messagesOf(service: string, lines: readonly BankLine[]): object[] {
  const [first] = lines;
  if (first?.bulk_id !== undefined) {
    const bulkObject = lines.map((line) => ({
      partnerReferenceNo: line.reference,
      ...statusOf(line, statusesOf(line).at(-1) as string),
      responseCode: line.code,
    }));
    return [{ bulkId: `BULK${first.external_id}`, partnerBulkId: first.bulk_id, bulkObject, additionalInfo: {} }];
  }
  if (first?.bank_reference === undefined) return [];
  const { account, name } = first;
  const payee =
    service === '38'
      ? { customerNumber: account, customerName: name }
      : { beneficiaryAccountNo: account, beneficiaryAccountName: name };
  return statusesOf(first).map((status) => ({
    originalPartnerReferenceNo: first.reference,
    ...statusOf(first, status),
    ...payee,
    additionalInfo: {},
  }));
}

/** What an order goes through, its planted effect included. */
function statusesOf({ effect, bank_reference }: BankLine): string[] {
  if (bank_reference === undefined) return ['06'];
  if (effect === 'pending') return ['03'];
  if (effect === 'settle_failed') return ['03', '06'];
  return effect === 'returned' ? ['03', '00', '04'] : ['03', '00'];
}

function statusOf({ bank_reference, amount_idr }: BankLine, status: string): object {
  return {
    originalReferenceNo: bank_reference,
    latestTransactionStatus: status,
    transactionStatusDesc: STATUS_TEXTS[status],
    amount: { value: `${amount_idr}.00`, currency: 'IDR' },
  };
}

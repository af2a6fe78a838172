import type { Answer } from './http.ts';

const TEXTS: Readonly<Record<string, string>> = {
  '20000': 'Successful',
  '20200': 'Request In Progress',
  '40000': 'Bad Request',
  '40001': 'Invalid Field Format',
  '40002': 'Invalid Mandatory Field',
  '40100': 'Unauthorized.',
  '40101': 'Invalid Token (B2B)',
  '40314': 'Insufficient Funds',
  '40315': 'Transaction Not Permitted.',
  '40318': 'Inactive Card/Account/Customer',
  '40401': 'Transaction Not Found',
  '40411': 'Invalid Card/Account/Customer/Virtual Account',
  '40413': 'Invalid Amount',
  '40418': 'Inconsistent Request',
  '40900': 'Conflict',
  '40901': 'Duplicate partnerReferenceNo',
  '42900': 'Too Many Requests',
  '50000': 'General Error',
  '50400': 'Timeout',
};

/** A decided answer: `code` is SNAP's seven digits (HTTP status + service + case), `fields` the rest of the body. */
export type Reply = { readonly code: string; readonly message: string; readonly fields: Record<string, unknown> };

/** `reply('18', '404', '11')` is 4041811 with SNAP's text; `detail` stands after it, in brackets. */
export function reply(
  service: string,
  status: string,
  caseCode: string,
  fields: Record<string, unknown> = {},
  detail?: string,
): Reply {
  const text = TEXTS[status + caseCode] ?? 'General Error';
  return { code: status + service + caseCode, message: detail === undefined ? text : `${text} [${detail}]`, fields };
}

/** The HTTP form: status = the code's first three digits, `responseCode` and `responseMessage` first in the body. */
export function toHttp({ code, message, fields }: Reply): Answer {
  const body = JSON.stringify({ responseCode: code, responseMessage: message, ...fields });
  return { status: Number(code.slice(0, 3)) || 500, body };
}

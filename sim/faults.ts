import { readFileSync } from 'node:fs';

type Counterpart = 'dukcapil' | 'mail' | 'bank';

/** Faults on the wire. Those in AFTER_PROCESSING happen when the call has already taken effect; all others before. */
const WIRE = ['timeout', 'disconnect', 'delay_ms', 'answer_lost', 'error_text'] as const;
const HTTP = ['http_429', 'http_500', 'http_502', 'http_503', 'http_504', 'html', 'truncated', 'empty'] as const;
/** What a bank does to one payment; the wire answer is right. */
const PAYMENT = [
  'returned',
  'pending',
  'settle_failed',
  'double_debit',
  'wrong_amount',
  'wrong_payee',
  'off_statement',
  'late',
] as const;
const STATEMENT = ['statement_gap'] as const;
/** What a bank says of an account: `value` as its holder's name. */
const INQUIRY = ['other_name'] as const;
/** How a bank tells by itself what became of a payment. */
const CALLBACK = ['duplicate', 'disorder', 'wrong_signature'] as const;

export type FaultKind =
  | (typeof WIRE)[number]
  | (typeof HTTP)[number]
  | (typeof PAYMENT)[number]
  | (typeof STATEMENT)[number]
  | (typeof INQUIRY)[number]
  | (typeof CALLBACK)[number];

const KINDS: Record<Counterpart, readonly FaultKind[]> = {
  dukcapil: [...WIRE, ...HTTP],
  mail: WIRE,
  bank: [...WIRE, ...HTTP, ...PAYMENT, ...STATEMENT, ...INQUIRY, ...CALLBACK],
};
const ENDPOINTS: Record<Counterpart, readonly string[]> = {
  dukcapil: ['verify'],
  mail: ['rcpt'],
  bank: ['token', 'inquiry', 'payment', 'status', 'statement', 'callback'],
};

export type Fault = { readonly kind: FaultKind; readonly value: string };
/** What to do with one call: wait `delay_ms`, then `fault` (undefined: answer as one should). */
type Pick = { readonly delay_ms: number; readonly fault: Fault | undefined };
export type Picker = { next(endpoint: string): Pick };
export type Faults = { for(counterpart: Counterpart): Picker };

type Rule = {
  counterpart: Counterpart;
  fault: FaultKind;
  share: number;
  from_call: number;
  until_call: number;
  value: string;
  endpoint: string | undefined;
  salt: number;
};

const NO_FAULT: Pick = Object.freeze({ delay_ms: 0, fault: undefined });

/**
 * Reads a faults file: a JSON array of rules, or `{"seed":n,"rules":[…]}` (seed 1 otherwise). A rule is
 * `{counterpart, fault, share (0..1), from_call?, until_call? (1-based, inclusive), value?, endpoint?}`.
 * Without `endpoint` a rule counts every call of its counterpart (the bank's statements and its own calls apart); with
 * one, that endpoint's calls. The first rule that matches wins; delays add to it. Payment effects count payments only.
 * @throws Error naming the file, the rule and the field.
 */
export function loadFaults(path?: string): Faults {
  if (path === undefined) return { for: () => ({ next: () => NO_FAULT }) };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`faults file ${path}: ${(error as Error).message}`);
  }
  return parseFaults(json, path);
}

/** The same from a parsed document; `name` stands in error messages. */
export function parseFaults(json: unknown, name = 'faults'): Faults {
  const document = Array.isArray(json) ? { seed: 1, rules: json } : (json as { seed?: unknown; rules?: unknown });
  const seed = document?.seed ?? 1;
  if (!Number.isSafeInteger(seed)) throw new Error(`${name}: seed must be an integer`);
  if (!Array.isArray(document?.rules)) throw new Error(`${name}: must be an array of rules or {"seed","rules"}`);
  const rules = document.rules.map((rule: unknown, i) => readRule(rule, `${name}: rule ${i + 1}`, i));
  return { for: (counterpart) => newPicker(rules, counterpart, seed as number) };
}

function readRule(input: unknown, where: string, index: number): Rule {
  if (typeof input !== 'object' || input === null) throw new Error(`${where}: must be an object`);
  const { counterpart, fault, share, from_call = 1, until_call = Infinity, value, endpoint, ...rest } = input as Rule;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`${where}: unknown field "${unknown}"`);
  if (!Object.hasOwn(KINDS, counterpart)) throw new Error(`${where}: counterpart must be dukcapil, mail or bank`);
  if (!KINDS[counterpart].includes(fault)) {
    throw new Error(`${where}: fault "${fault}" is not one of ${counterpart}'s: ${KINDS[counterpart].join(', ')}`);
  }
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) throw new Error(`${where}: share must be 0 to 1`);
  if (!Number.isSafeInteger(from_call) || from_call < 1) throw new Error(`${where}: from_call must be 1 or more`);
  if (!(typeof until_call === 'number' && until_call >= from_call)) {
    throw new Error(`${where}: until_call must not be below from_call`);
  }
  if (endpoint !== undefined && !ENDPOINTS[counterpart].includes(endpoint)) {
    throw new Error(`${where}: endpoint must be one of ${ENDPOINTS[counterpart].join(', ')}`);
  }
  const text = value === undefined ? '' : String(value);
  if (fault === 'delay_ms' && !/^\d{1,7}$/.test(text)) throw new Error(`${where}: delay_ms needs a value in ms`);
  const implied = impliedEndpoint(fault) ?? endpoint;
  return { counterpart, fault, share, from_call, until_call, value: text, endpoint: implied, salt: index };
}

/** Faults that only one kind of call can have. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  payment: PAYMENT,
  statement: STATEMENT,
  inquiry: INQUIRY,
  callback: CALLBACK,
};

function impliedEndpoint(fault: FaultKind): string | undefined {
  return Object.keys(IMPLIED).find((endpoint) => IMPLIED[endpoint]?.includes(fault));
}

/** No calls of the payer's: only a rule that names them may spoil them. */
const OWN: ReadonlySet<string> = new Set(['statement', 'callback']);

function newPicker(all: readonly Rule[], counterpart: Counterpart, seed: number): Picker {
  const rules = all.filter((rule) => rule.counterpart === counterpart);
  if (rules.length === 0) return { next: () => NO_FAULT };
  const calls = new Map<string, number>();
  return {
    next(endpoint) {
      const ofEndpoint = (calls.get(endpoint) ?? 0) + 1;
      calls.set(endpoint, ofEndpoint);
      const ofAll = (calls.get('*') ?? 0) + (OWN.has(endpoint) ? 0 : 1);
      calls.set('*', ofAll);
      let delay_ms = 0;
      let fault: Fault | undefined;
      for (const rule of rules) {
        if (rule.endpoint !== undefined ? rule.endpoint !== endpoint : OWN.has(endpoint)) continue;
        if (!chosen(rule, rule.endpoint === undefined ? ofAll : ofEndpoint, seed)) continue;
        if (rule.fault === 'delay_ms') delay_ms += Number(rule.value);
        else fault ??= { kind: rule.fault, value: rule.value };
      }
      return delay_ms === 0 && fault === undefined ? NO_FAULT : { delay_ms, fault };
    },
  };
}

/** Call n of a rule is chosen by a hash, not by a running generator, so that rules do not disturb each other. */
function chosen(rule: Rule, call: number, seed: number): boolean {
  if (call < rule.from_call || call > rule.until_call) return false;
  return mix(mix(mix(seed | 0) ^ (rule.salt + 1)) ^ call) / 2 ** 32 < rule.share;
}

/** A 32-bit finaliser (Murmur3's with one more constant added): every input bit reaches every output bit. */
function mix(n: number): number {
  let h = (n + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

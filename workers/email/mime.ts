/**
 * As much of MIME as bounces need: headers, multiparts, transfer encodings, charsets. Anything at all can be given to
 * it; what is malformed is read as plain text. (mailparser folds message/delivery-status into the text and works
 * asynchronously; this keeps the parts apart.)
 */
const BYTES_MAX = 4 << 20;
const DEPTH_MAX = 8;
const PARTS_MAX = 64;
const HEADER_CHARACTERS_MAX = 2000;

export interface MimePart {
  /** Lower-case name to its values, unfolded, in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Such as "text/plain"; "text/plain" when nothing is said. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Decoded text; empty for a multipart. */
  readonly text: string;
  readonly parts: readonly MimePart[];
}

/** Reads a raw message; only the first 4 MiB are looked at. Never throws. */
export function parseMime(raw: Uint8Array): MimePart {
  // latin1 keeps each byte as one character until its charset is known (TextDecoder's "latin1" is windows-1252).
  const text = Buffer.from(raw.subarray(0, BYTES_MAX)).toString('latin1').replace(/\r\n?/g, '\n');
  return parsePart(text, 0, { left: PARTS_MAX });
}

/** The first value of a header, or ''. */
export function header(part: MimePart, name: string): string {
  return part.headers.get(name)?.[0] ?? '';
}

/** A part and all parts inside it, in order. */
export function* allParts(part: MimePart): Generator<MimePart> {
  yield part;
  for (const child of part.parts) yield* allParts(child);
}

/**
 * Blocks of `Name: value` lines, as in message/delivery-status. A block ends at an empty line, or where a second
 * Final-Recipient begins: some servers forget the line between.
 */
export function headerBlocks(text: string): ReadonlyMap<string, readonly string[]>[] {
  return text
    .split(/\n[ \t]*\n/)
    .flatMap((block) =>
      (block.match(/^final-recipient:/gim)?.length ?? 0) > 1 ? block.split(RECIPIENT_BEGINS) : [block],
    )
    .map((block) => parseHeaders(block.trim()))
    .filter((block) => block.size > 0);
}

const RECIPIENT_BEGINS = /\n(?=final-recipient:)/i;

function parsePart(text: string, depth: number, budget: { left: number }): MimePart {
  budget.left--;
  const start = text.startsWith('\n') ? 0 : text.indexOf('\n\n');
  const headers = parseHeaders(start === -1 ? text : text.slice(0, start));
  const body = start === -1 ? '' : text.slice(start).replace(/^\n{1,2}/, '');
  const { type, parameters } = contentType((headers.get('content-type')?.[0] ?? '').slice(0, HEADER_CHARACTERS_MAX));
  const boundary = parameters.get('boundary');
  if (type.startsWith('multipart/') && boundary && depth < DEPTH_MAX) {
    const parts: MimePart[] = [];
    for (const piece of splitMultipart(body, boundary)) {
      if (budget.left <= 0) break;
      parts.push(parsePart(piece, depth + 1, budget));
    }
    // A multipart without its boundary is read as text rather than lost.
    if (parts.length > 0) return { headers, type, parameters, text: '', parts };
  }
  const encoding = headers.get('content-transfer-encoding')?.[0] ?? '';
  return { headers, type, parameters, text: decodeBody(body, encoding, parameters.get('charset')), parts: [] };
}

function parseHeaders(text: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of text.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (!/^[!-9;-~]+$/.test(name)) continue;
    const values = headers.get(name) ?? [];
    values.push(line.slice(colon + 1).trim());
    headers.set(name, values);
  }
  return headers;
}

function contentType(value: string): { type: string; parameters: Map<string, string> } {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of value.matchAll(/;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/g)) {
    if (name !== undefined) parameters.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(value.trim())?.[0].toLowerCase();
  return { type: type ?? 'text/plain', parameters };
}

function splitMultipart(body: string, boundary: string): string[] {
  const pieces: string[] = [];
  let piece: string[] | null = null;
  for (const line of body.split('\n')) {
    const delimiter = line.startsWith(`--${boundary}`) ? line.slice(boundary.length + 2).trimEnd() : null;
    if (delimiter !== '' && delimiter !== '--') {
      piece?.push(line);
      continue;
    }
    if (piece !== null) pieces.push(piece.join('\n'));
    piece = delimiter === '' ? [] : null;
  }
  if (piece !== null) pieces.push(piece.join('\n'));
  return pieces;
}

function decodeBody(body: string, encoding: string, charset: string | undefined): string {
  const kind = encoding.trim().toLowerCase();
  if (kind === 'base64') return decodeCharset(decodeBase64(body), charset);
  if (kind === 'quoted-printable') {
    const text = body.replace(/=[ \t]*\n/g, '');
    return decodeCharset(
      text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      charset,
    );
  }
  return decodeCharset(body, charset);
}

function decodeBase64(body: string): string {
  return Buffer.from(body, 'base64').toString('latin1');
}

/** `text` has one character per byte. An unknown charset is read as UTF-8, and what that cannot read stays latin1. */
function decodeCharset(text: string, charset: string | undefined): string {
  if (/^[\n\t\x20-\x7e]*$/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  for (const label of [charset ?? 'utf-8', 'utf-8']) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      // Unknown label or not in that charset: the next one.
    }
  }
  return text;
}

import { refuse } from '../../../jobs/errors.ts';

const DEPTH_MAX = 64;
const PLAIN_TAGS_MAX = 500;
const ONE_BYTE = /^(?:iso-8859-1|latin1|windows-1252|cp1252)$/i;
/** No tag, comment or text in a statement is longer than this. */
const PENDING_CHARS_MAX = 1024 * 1024;

/** What a scanner reports; names are local, without a namespace prefix. */
export interface XmlHandler {
  open(name: string, attributes: string): void;
  close(): void;
  /** Text with entities replaced; blanks between elements are not reported. May come in several pieces. */
  text(text: string): void;
}

/**
 * A small streaming XML reader: elements, text, CDATA, comments, the five entities and character references. DOCTYPE and
 * unknown entities are refused, tags must match. fast-xml-parser 5 over `<Ntry>` pieces was the road not taken: it needs
 * the same care about comments and CDATA to find the pieces, and builds objects of the whole piece.
 */
export class XmlScanner {
  readonly #handler: XmlHandler;
  readonly #openNames: string[] = [];
  #pending = '';
  #rootSeen = false;

  /** Statements repeat a hundred tags by the million: those without attributes are looked up. */
  readonly #plainTags = new Map<string, string>();

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  /** Opens a tag that was seen before without attributes; whether it was. */
  #openPlain(tag: string): boolean {
    const known = this.#plainTags.get(tag);
    if (known === undefined || this.#openNames.length === 0 || this.#openNames.length >= DEPTH_MAX) return false;
    this.#handler.open(known, '');
    this.#openNames.push(tag);
    return true;
  }

  #openTag(tag: string): void {
    const selfClosing = tag.endsWith('/');
    const inner = selfClosing ? tag.slice(0, -1) : tag;
    const blank = inner.search(/\s/);
    const name = blank === -1 ? inner : inner.slice(0, blank);
    if (!/^[A-Za-z_][\w.:-]*$/.test(name)) throw broken('a tag has no name');
    if (this.#openNames.length === 0) {
      if (this.#rootSeen) throw broken('there is more than one document');
      this.#rootSeen = true;
    }
    if (this.#openNames.length >= DEPTH_MAX) throw broken(`elements are nested deeper than ${DEPTH_MAX}`);
    const local = name.slice(name.indexOf(':') + 1);
    this.#handler.open(local, blank === -1 ? '' : inner.slice(blank));
    if (selfClosing) this.#handler.close();
    else this.#openNames.push(name);
    if (tag === name && this.#plainTags.size < PLAIN_TAGS_MAX) this.#plainTags.set(tag, local);
  }

  #closeTag(tag: string): void {
    const name = tag.trimEnd();
    if (this.#openNames.pop() !== name) throw broken(`</${name.slice(0, 40)}> closes what is not open`);
    this.#handler.close();
  }

  #text(raw: string): void {
    if (!/\S/.test(raw)) return;
    if (this.#openNames.length === 0) throw broken('there is text outside the document');
    this.#handler.text(raw.includes('&') ? replaceEntities(raw) : raw);
  }

  /** Reads the markup that begins at `at`; returns where it ends, or -1 when it is not complete yet. */
  #markup(source: string, at: number): number {
    const second = source[at + 1];
    if (second === '!') return this.#declaration(source, at);
    if (second === '?') {
      const end = source.indexOf('?>', at + 2);
      if (end !== -1) requireKnownEncoding(source.slice(at + 2, end));
      return end === -1 ? -1 : end + 2;
    }
    const close = source.indexOf('>', at + 1);
    if (close === -1) return -1;
    if (second === '/') this.#closeTag(source.slice(at + 2, close));
    if (second === '/' || this.#openPlain(source.slice(at + 1, close))) return close + 1;
    const end = tagEnd(source, at + 1, close);
    if (end === -1) return -1;
    this.#openTag(source.slice(at + 1, end));
    return end + 1;
  }

  #declaration(source: string, at: number): number {
    if (source.startsWith('<!--', at)) {
      const end = source.indexOf('-->', at + 4);
      return end === -1 ? -1 : end + 3;
    }
    if (source.startsWith('<![CDATA[', at)) {
      const end = source.indexOf(']]>', at + 9);
      if (end === -1) return -1;
      if (this.#openNames.length === 0) throw broken('there is text outside the document');
      this.#handler.text(source.slice(at + 9, end));
      return end + 3;
    }
    const isWhole = source.length - at >= '<![CDATA['.length;
    if (isWhole || source.startsWith('<!D', at)) throw broken('DOCTYPE and other declarations are not allowed');
    return -1;
  }

  /** Reads on; what is not complete yet waits for the next piece. @throws exit 2 when it is not well-formed */
  push(piece: string): void {
    const source = this.#pending === '' ? piece : this.#pending + piece;
    let at = 0;
    while (at < source.length) {
      const next = source.indexOf('<', at);
      if (next === -1) break;
      if (next > at) this.#text(source.slice(at, next));
      at = next;
      const end = this.#markup(source, next);
      if (end === -1) break;
      at = end;
    }
    this.#pending = at === 0 ? source : source.slice(at);
    if (this.#pending.length > PENDING_CHARS_MAX) throw broken('a text or a tag is longer than 1 MiB');
  }

  /** @throws exit 2 when the document is not complete. */
  end(): void {
    if (/\S/.test(this.#pending) || this.#openNames.length > 0 || !this.#rootSeen)
      throw broken('the document is broken off');
  }
}

/** Where a tag ends: the first `>` outside quotes; the first one is at `end`. */
function tagEnd(source: string, from: number, end: number): number {
  const quote = source.slice(from, end).search(/["']/);
  if (quote === -1) return end;
  let open = '';
  for (let i = from + quote; i < source.length; i++) {
    const char = source[i] as string;
    if (open !== '') {
      if (char === open) open = '';
    } else if (char === '>') return i;
    else if (char === '"' || char === "'") open = char;
  }
  return -1;
}

/** `<?xml … encoding="…"`: without its brackets, and what may stand behind it. */
function encodingIn(instruction: string): string {
  return /^xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']/.exec(instruction)?.[1] ?? 'UTF-8';
}

/** Whether a document that begins like this says that each of its letters is one byte. */
export function isOneByte(start: string): boolean {
  return start.startsWith('<?') && ONE_BYTE.test(encodingIn(start.slice(2)));
}

function requireKnownEncoding(instruction: string): void {
  const encoding = encodingIn(instruction);
  if (!/^(?:utf-8|us-ascii)$/i.test(encoding) && !ONE_BYTE.test(encoding))
    throw refuse(`the statement says it is in ${encoding.slice(0, 40)}; convert it to UTF-8 and import it again`);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const CODE_POINT_MAX = 0x10ffff;

function replaceEntities(raw: string): string {
  return raw.replace(/&([^;&]{0,12}(?:;|$)|.?)/gs, (_, entity: string) => {
    const name = entity.slice(0, -1);
    if (entity.endsWith(';') && Object.hasOwn(ENTITIES, name)) return ENTITIES[name] as string;
    const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));$/.exec(entity);
    if (!match) throw broken('it holds an unknown entity');
    const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
    if (code === 0 || code > CODE_POINT_MAX || (code >= 0xd800 && code <= 0xdfff))
      throw broken('it holds an impossible character');
    return String.fromCodePoint(code);
  });
}

function broken(why: string): Error {
  return refuse(`the file is not well-formed XML: ${why}`);
}

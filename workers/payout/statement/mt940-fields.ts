import { refuse } from '../../../jobs/errors.ts';
import type { ByteStream } from './statement.ts';
import { utf8OrWindows } from './text.ts';

/** A field may be wrapped over a few lines, never over this much. */
const FIELD_CHARS_MAX = 64 * 1024;

/** One `:tag:` with its continuation lines; `end` is the end of a message. */
export interface Mt940Field {
  readonly tag: string;
  readonly text: string;
}

/** The tags of SWIFT's MT940, and banks' own NS. Anything else (`:12:11`, a time) is text that begins like a tag. */
const TAGS: ReadonlySet<string> = new Set(
  '13D 20 21 25 25P 28 28C 34F 60F 60M 61 62F 62M 64 65 86 90C 90D NS'.split(' '),
);
/** They stand before the opening: behind an entry, `:21:` and `:25:` are times of the day, and `:13D:` is text. */
const HEAD_TAGS: ReadonlySet<string> = new Set(['13D', '21', '25', '28']);
const ENTRY_TAGS: ReadonlySet<string> = new Set(['61', '86']);

const TAGGED = /^(?:\{.*)?:(\d{2}[A-Z]?|NS):(.*)$/s;
/** `-`, `-}` with what an envelope has behind it, ING's `-XXX`, `{1:…`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: SOH and ETX are SWIFT's own frame around a message.
const BREAK = /^\x01?(?:-(?:XXX)?|-\}.*|\{.*)[\s\x03$]*$/s;
/** Rabobank writes the message's type before it. */
const TYPE_LINE = /^:9[45]\d:\s*$/;

/**
 * Cuts the stream into fields. A message ends at a `-` line, at `-}` and at the next `{1:`; where banks write none of
 * them, the next `:20:` tells. The end of the file is no end of a message.
 */
export async function* mt940Fields(stream: ByteStream): AsyncGenerator<Mt940Field, void, undefined> {
  let field: { tag: string; text: string } | null = null;
  for await (const line of linesOf(stream)) {
    if (TYPE_LINE.test(line)) continue;
    const begun = fieldBegunBy(line, field?.tag ?? '');
    if (begun === null && !BREAK.test(line)) {
      if (field !== null) field.text += `\n${line}`;
      if ((field?.text.length ?? 0) > FIELD_CHARS_MAX) throw refuse('a field of the MT940 is longer than 64 KiB');
      continue;
    }
    if (field !== null) yield field;
    field = begun;
    if (begun === null) yield { tag: 'end', text: '' };
  }
  if (field !== null) yield field;
}

function fieldBegunBy(line: string, before: string): { tag: string; text: string } | null {
  const [, tag = '', text = ''] = TAGGED.exec(line) ?? [];
  const isText = !TAGS.has(tag) || (HEAD_TAGS.has(tag) && ENTRY_TAGS.has(before));
  return isText ? null : { tag, text };
}

async function* linesOf(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  let pending = '';
  for await (const text of utf8OrWindows(stream)) {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > FIELD_CHARS_MAX) throw refuse('a line of the MT940 is longer than 64 KiB');
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  yield pending;
}

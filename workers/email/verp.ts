/**
 * Variable envelope return paths: a bounce comes back to `bounce+<token>@BOUNCE_DOMAIN`, and the token is the local
 * part of the Message-ID that was stored before the mail was sent. Servers may change the case of an address, so a
 * token has none; 57 characters are what 64 leave after "bounce+".
 */
const PREFIX = 'bounce+';
const MESSAGE_ID = /^<([a-z0-9-]{1,57})@[^<>@\s]+>$/;
const VERP = /^<?bounce\+([a-z0-9-]{1,57})@([^<>@\s]+?)>?$/i;

/** `<token@domain>`, as it stands in the database and in the mail's header. */
export function messageId(token: string, domain: string): string {
  return `<${token}@${domain}>`;
}

/** The token of a Message-ID of ours; null when it is not one. */
export function verpToken(id: string): string | null {
  return MESSAGE_ID.exec(id)?.[1] ?? null;
}

/** The envelope sender for a token. */
export function verpSender(token: string, bounceDomain: string): string {
  return `${PREFIX}${token}@${bounceDomain}`;
}

/**
 * The token in an address that a bounce was sent to; null when it is not a VERP address of ours.
 * @param bounceDomain when given, other domains do not count
 * @example parseVerp('<BOUNCE+ab12@bounce.example.id>') // 'ab12'
 */
export function parseVerp(address: string, bounceDomain?: string): string | null {
  const match = VERP.exec(address.trim());
  if (!match?.[1] || !match[2]) return null;
  if (bounceDomain !== undefined && match[2].toLowerCase() !== bounceDomain.toLowerCase()) return null;
  return match[1].toLowerCase();
}

import type { KeyObject } from 'node:crypto';
import type { Agent } from 'undici';
import { post } from './http.ts';
import { textField } from './reply.ts';
import { snapTimestamp, tokenSignature } from './signature.ts';

const TOKEN_PATH = '/v1.0/access-token/b2b';
/** A token is renewed this long before it ends, so that none ends between signing and arriving. */
const RENEW_BEFORE_MS = 60_000;
/** SNAP BI's tokens live 900 s; counted when the bank does not say. */
const TOKEN_SECONDS = 900;

export type Token =
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'none'; readonly why: string };

/** Hands out the access token; one renewal at a time, however many calls wait for it. */
export interface TokenKeeper {
  get(): Promise<Token>;
  /** The bank does not accept this token (401): the next `get` fetches another. */
  drop(value: string): void;
}

export interface TokenKeeperOptions {
  readonly agent: Agent;
  readonly base: string;
  readonly clientId: string;
  readonly privateKey: KeyObject;
  readonly now: () => Date;
  readonly timeout_ms: number;
}

export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  let current: { value: string; renewAtMs: number } | undefined;
  let renewing: Promise<Token> | undefined;

  async function renew(): Promise<Token> {
    const startMs = options.now().getTime();
    const timestamp = snapTimestamp(new Date(startMs));
    const headers = {
      'content-type': 'application/json',
      'x-timestamp': timestamp,
      'x-client-key': options.clientId,
      'x-signature': tokenSignature(options.privateKey, options.clientId, timestamp),
    };
    const body = JSON.stringify({ grantType: 'client_credentials' });
    const reply = await post(options.agent, options.base + TOKEN_PATH, headers, body, options.timeout_ms);
    if (reply.kind !== 'answer')
      return { kind: 'none', why: `no token: ${reply.kind === 'not_sent' ? reply.why : reply.kind}` };
    const value = textField(reply.body, 'accessToken');
    if (reply.httpStatus !== 200 || value === null || !/^[\x21-\x7e]+$/.test(value)) {
      const code = textField(reply.body, 'responseCode')?.slice(0, 7) ?? '';
      return { kind: 'none', why: `no token: HTTP ${reply.httpStatus} ${code}`.trimEnd() };
    }
    const seconds = Number(reply.body?.expiresIn ?? TOKEN_SECONDS);
    const life_ms = (seconds > 0 ? seconds : TOKEN_SECONDS) * 1000;
    current = { value, renewAtMs: startMs + Math.max(life_ms - RENEW_BEFORE_MS, life_ms / 2) };
    return { kind: 'token', value };
  }

  return {
    async get() {
      if (current !== undefined && options.now().getTime() < current.renewAtMs)
        return { kind: 'token', value: current.value };
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    drop(value) {
      if (current?.value === value) current = undefined;
    },
  };
}

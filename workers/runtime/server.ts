import { setTimeout as pause } from 'node:timers/promises';
import { isAway } from '../../db/reach.ts';
import type { Log } from './log.ts';

/** A server that we cannot do without, as this process sees it: said once when it is away and once when it is back. */
export interface Server {
  readonly away: boolean;
  /** Somebody could not reach it. */
  lost(error: unknown): void;
  /** It answers. */
  back(): void;
  /** Called with true when it goes away and false when it is back. */
  watch(listener: (away: boolean) => void): void;
  /** Resolves when it is not away, with true; with false when `signal` is raised first. */
  there(signal: AbortSignal): Promise<boolean>;
  /**
   * Does something that needs it, and does it again from the start where it went away meanwhile; undefined when `signal`
   * was raised first.
   * @throws what has nothing to do with its being away
   */
  outlast<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined>;
}

interface Options {
  /** "PostgreSQL at db:5432": no user and no password. */
  readonly name: string;
  readonly log: Log;
  /** Asks whether it is back; unset: somebody else calls `back`. */
  readonly probe?: () => Promise<void>;
  /** Raised when nobody waits any more. */
  readonly closing: AbortSignal;
}

const FIRST_PAUSE_MS = 500;
const PAUSE_MS_MAX = 15_000;

/** The pause before a try, 1 being the first: doubling, with jitter, so that workers do not come all at once. */
export function backoff_ms(tries: number): number {
  return Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
}

/** Host and port of a URL, for a message. */
export function placeOf(url: string, port: number): string {
  const { hostname, port: given } = new URL(url);
  return `${hostname}:${given || port}`;
}

export function createServer({ name, log, probe, closing }: Options): Server {
  const listeners: ((away: boolean) => void)[] = [];
  let outage: { readonly since: number; readonly over: AbortController } | undefined;
  const back = () => {
    if (!outage) return;
    const { since, over } = outage;
    outage = undefined;
    log.info({ away_seconds: Math.round((performance.now() - since) / 1000) }, `${name} is reached again`);
    for (const listener of listeners) listener(false);
    over.abort();
  };
  const keepAsking = async (ask: () => Promise<void>) => {
    for (let tries = 1; outage && !closing.aborted; tries++) {
      await pause(backoff_ms(tries), undefined, { signal: closing }).catch(() => undefined);
      await ask().then(back, () => undefined);
    }
  };
  const server: Server = {
    get away() {
      return outage !== undefined;
    },
    lost: (error) => {
      if (outage || closing.aborted) return;
      outage = { since: performance.now(), over: new AbortController() };
      log.warn({ error: reasonOf(error) }, `${name} cannot be reached: waiting for it`);
      for (const listener of listeners) listener(true);
      if (probe) void keepAsking(probe);
    },
    back,
    watch: (listener) => void listeners.push(listener),
    there: async (signal) => {
      while (outage && !signal.aborted) await raised(AbortSignal.any([outage.over.signal, signal]));
      return !signal.aborted;
    },
    outlast: async (work, signal) => {
      while (await server.there(signal)) {
        try {
          return await work();
        } catch (error) {
          if (!isAway(error)) throw error;
          server.lost(error);
        }
      }
      return undefined;
    },
  };
  return server;
}

/** Resolves when a signal is raised. */
export async function raised(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }));
}

/** The code where there is one: a message may name more than is needed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection was closed';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

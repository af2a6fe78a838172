import { type Context, Hono, type Next } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { sql } from 'kysely';
import type { Access } from './access.ts';
import { speakerOf } from './html.ts';
import { createMetrics } from './metrics.ts';
import { messagePage, overviewPage } from './page.ts';
import { type ConsoleOffice, readSnapshot, sharedReading } from './snapshot.ts';
import { cssHash } from './style.ts';
import { languageOf } from './texts.ts';

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `default-src 'none'; style-src '${cssHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Cache-Control': 'no-store',
};

const RETRY_SECONDS = 15;
const HEALTH_MS_MAX = 2000;

const speaker = (c: Context) => speakerOf(languageOf(c.req.query('lang')));

/** The console's routes: `/healthz` for everybody, `/` and `/metrics` for who is admitted, nothing that writes. */
export function createApp(office: ConsoleOffice, access: Access): Hono {
  const latest = sharedReading(() => readSnapshot(office));
  const metrics = createMetrics();
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  });
  app.get('/healthz', (c) => healthz(c, office));
  app.get('/enter', (c) => enter(c, access));
  app.use((c, next) => guard(c, next, office, access));
  app.get('/', async (c) => c.html(overviewPage(speaker(c), await latest(), c.req.query('refresh') !== 'off')));
  app.get('/metrics', async (c) => {
    const body = await metrics.render(await latest());
    return c.body(body, 200, { 'Content-Type': metrics.contentType });
  });
  app.notFound((c) => c.html(messagePage(speaker(c), '404', speaker(c).text.notFound), 404));
  app.onError((error, c) => {
    office.log.error({ error: error.message, path: c.req.path }, 'console');
    const { title, text } = speaker(c).text.failed;
    return c.html(messagePage(speaker(c), title, text, { seconds: RETRY_SECONDS }), 503);
  });
  return app;
}

/** 200 when the database answers in time, else 503. */
async function healthz(c: Context, { db }: ConsoleOffice): Promise<Response> {
  const late = AbortSignal.timeout(HEALTH_MS_MAX);
  const tooLate = new Promise<false>((end) => late.addEventListener('abort', () => end(false), { once: true }));
  const answer = sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
  const ok = await Promise.race([answer, tooLate]);
  return c.json({ ok }, ok ? 200 : 503);
}

/**
 * Exchanges the one-time token for a cookie. The page leads on by itself instead of a redirect: after a redirect from
 * another site's link the browser would not send a SameSite=Strict cookie yet.
 */
function enter(c: Context, access: Access): Response | Promise<Response> {
  const { text } = speaker(c);
  // A HEAD is a link preview, not a person: it must not use the link up.
  const session = c.req.method === 'GET' ? access.enter(c.req.query('token') ?? '') : undefined;
  if (session === undefined) return c.html(messagePage(speaker(c), text.closed.title, text.closed.used), 403);
  setCookie(c, access.cookieName, session, { httpOnly: true, sameSite: 'Strict', path: '/' });
  return c.html(messagePage(speaker(c), text.entered.title, text.entered.go, { seconds: 0, to: '/' }));
}

async function guard(c: Context, next: Next, { log }: ConsoleOffice, access: Access): Promise<Response | undefined> {
  const cookie = access.cookieName === '' ? undefined : getCookie(c, access.cookieName);
  const who = access.admit({ header: (name) => c.req.header(name), cookie });
  if (who !== undefined) {
    log.debug({ who, path: c.req.path }, 'console');
    await next();
    return undefined;
  }
  const { closed } = speaker(c).text;
  if (access.mode === 'link') return c.html(messagePage(speaker(c), closed.title, closed.link), 401);
  if (access.mode === 'identity') return c.html(messagePage(speaker(c), closed.title, closed.identity), 401);
  if (c.req.header('authorization') !== undefined) log.warn('console: a wrong password was given');
  c.header('WWW-Authenticate', 'Basic realm="prakerja", charset="UTF-8"');
  return c.html(messagePage(speaker(c), closed.title, closed.password), 401);
}

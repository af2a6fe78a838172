import { describe, expect, it } from 'vitest';
import { type RunningConsole, startConsole } from '../../web/index.ts';
import { readConfig } from '../../workers/runtime/config.ts';
import { testDatabase } from '../helpers/database.ts';
import { officeOf } from './nation.ts';

const database = await testDatabase();
const PASSWORD = 'benar:kuda baterai';
const closed = ['/', '/metrics', '/anything'];

async function withConsole(environment: Record<string, string>, body: (running: RunningConsole) => Promise<void>) {
  const running = await startConsole(officeOf(database, environment), { port: 0 });
  try {
    await body(running);
  } finally {
    await running.close();
  }
}

const basic = (password: string, user = 'siapa saja') => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const status = async (running: RunningConsole, path: string, headers: Record<string, string> = {}) =>
  (await fetch(new URL(path, running.url), { headers, redirect: 'manual' })).status;

describe('with a password', () => {
  it.each(closed)('asks for it: %s', (path) =>
    withConsole({ CONSOLE_PASSWORD: PASSWORD }, async (running) => {
      const response = await fetch(new URL(path, running.url));
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="prakerja", charset="UTF-8"');
    }),
  );

  it.each([
    ['the right one', basic(PASSWORD), 200],
    ['the right one, no user name', basic(PASSWORD, ''), 200],
    ['a wrong one', basic('salah'), 401],
    ['the beginning of it', basic(PASSWORD.slice(0, -1)), 401],
    ['an empty one', basic(''), 401],
    ['no colon', { authorization: `Basic ${btoa('siapa')}` }, 401],
    ['not base64', { authorization: 'Basic %%%' }, 401],
    ['another scheme', { authorization: `Bearer ${PASSWORD}` }, 401],
    ["somebody's own identity header", { 'x-forwarded-user': 'ayu' }, 401],
  ])('%s', (_, headers, expected) =>
    withConsole({ CONSOLE_PASSWORD: PASSWORD }, async (running) => {
      expect(await status(running, '/', headers)).toBe(expected);
      expect(await status(running, '/metrics', headers)).toBe(expected);
    }),
  );

  it('may listen on all interfaces', async () => {
    const running = await startConsole(officeOf(database, { CONSOLE_PASSWORD: PASSWORD }), {
      port: 0,
      host: '0.0.0.0',
    });
    expect(await status(running, '/', basic(PASSWORD))).toBe(200);
    await running.close();
  });
});

describe('with an identity header from a proxy', () => {
  const environment = { CONSOLE_IDENTITY_HEADER: 'X-Forwarded-User' };

  it.each([
    ['a name', { 'x-forwarded-user': 'ayu' }, 200],
    ['no name', {}, 401],
    ['an empty name', { 'x-forwarded-user': '  ' }, 401],
    ['another header', { 'x-remote-user': 'ayu' }, 401],
  ])('%s', (_, headers, expected) =>
    withConsole(environment, async (running) => expect(await status(running, '/', headers)).toBe(expected)),
  );

  it('with a password too, both are needed: the proxy proves itself', () =>
    withConsole({ ...environment, CONSOLE_PASSWORD: PASSWORD }, async (running) => {
      expect(await status(running, '/', { 'x-forwarded-user': 'ayu' })).toBe(401);
      expect(await status(running, '/', basic(PASSWORD))).toBe(401);
      expect(await status(running, '/', { ...basic(PASSWORD), 'x-forwarded-user': 'ayu' })).toBe(200);
    }));

  it.each(['User-Agent', 'accept', 'Sec-Fetch-Site', 'Host', 'no spaces', ''])(
    'a header that proves nothing: "%s"',
    (name) => {
      const read = () => readConfig({ CONSOLE_IDENTITY_HEADER: name });
      if (name === '') expect(read().consoleIdentityHeader).toBeUndefined();
      else expect(read).toThrow(/^CONSOLE_IDENTITY_HEADER: must be/);
    },
  );
});

describe('with neither', () => {
  it.each(closed)('is closed without the link: %s', (path) =>
    withConsole({}, async (running) => expect(await status(running, path)).toBe(401)),
  );

  it('the link works once and leaves a cookie that scripts and other sites cannot use', () =>
    withConsole({}, async (running) => {
      const first = await fetch(running.url);
      expect(first.status).toBe(200);
      const set = first.headers.get('set-cookie') ?? '';
      expect(set).toMatch(/^prakerja-[0-9a-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
      const cookie = set.split(';')[0] ?? '';
      expect(await status(running, '/', { cookie })).toBe(200);
      expect(await status(running, '/metrics', { cookie })).toBe(200);
      expect(await status(running, '/', { cookie: `${cookie}x` })).toBe(401);
      const again = await fetch(running.url);
      expect(again.status).toBe(403);
      expect(again.headers.get('set-cookie')).toBeNull();
      expect(await again.text()).not.toContain(cookie.split('=')[1]);
    }));

  it('a link preview does not use the link up', () =>
    withConsole({}, async (running) => {
      expect((await fetch(running.url, { method: 'HEAD' })).headers.get('set-cookie')).toBeNull();
      expect((await fetch(running.url)).headers.get('set-cookie')).not.toBeNull();
    }));

  it('a wrong token opens nothing and leaves the link as it was', () =>
    withConsole({}, async (running) => {
      expect(await status(running, '/enter?token=falsch')).toBe(403);
      expect(await status(running, '/enter')).toBe(403);
      expect(await status(running, running.url)).toBe(200);
    }));

  it.each(['0.0.0.0', '::', '192.0.2.1'])('does not listen on %s', async (host) => {
    await expect(startConsole(officeOf(database), { port: 0, host })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('CONSOLE_PASSWORD'),
    });
  });
});

it('says so when the port is taken', () =>
  withConsole({}, async ({ url }) => {
    const port = Number(new URL(url).port);
    await expect(startConsole(officeOf(database), { port })).rejects.toMatchObject({ exitCode: 2 });
  }));

it.each(['/', '/healthz', '/metrics', '/enter', '/nothing'])('every answer carries the security headers: %s', (path) =>
  withConsole({ CONSOLE_PASSWORD: PASSWORD }, async (running) => {
    for (const headers of [{}, basic(PASSWORD)]) {
      const response = await fetch(new URL(path, running.url), { headers });
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}';/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  }),
);

it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s changes nothing: there is no such route', (method) =>
  withConsole({ CONSOLE_PASSWORD: PASSWORD }, async (running) => {
    expect((await fetch(new URL('/', running.url), { method, headers: basic(PASSWORD) })).status).toBe(404);
  }),
);

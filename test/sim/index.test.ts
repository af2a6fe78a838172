import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { expect, it } from 'vitest';
import { startSim } from '../../sim/index.ts';
import { logLines, SnapClient, type SnapSettings, stopping, tempDir } from './helpers.ts';

const NAMES = [
  ...['DUKCAPIL_URL', 'DUKCAPIL_CUSTOMER', 'DUKCAPIL_USER_ID', 'DUKCAPIL_PASSWORD', 'DUKCAPIL_IP_USER'],
  ...['SMTP_URL', 'MAIL_FROM', 'BOUNCE_DOMAIN'],
  ...['BANK_URL', 'BANK_CLIENT_ID', 'BANK_CLIENT_SECRET', 'BANK_PRIVATE_KEY_FILE'],
  ...['BANK_PARTNER_ID', 'BANK_CHANNEL_ID', 'BANK_SOURCE_ACCOUNT', 'BANK_PUBLIC_KEY_FILE'],
];

it('starts all three on an empty folder; the environment is all that a program needs', async () => {
  const data = tempDir();
  const sim = stopping(await startSim({ data }));
  const env = sim.env as Record<string, string>;
  expect(Object.keys(env)).toEqual(NAMES);
  expect(sim.log).toBe(join(data, 'sim-log'));

  const asked = await fetch(`${env.DUKCAPIL_URL}/dukcapil/get_json/${env.DUKCAPIL_CUSTOMER}/CALL_VERIFY_BY_ELEMEN`, {
    method: 'POST',
    body: JSON.stringify({
      USER_ID: env.DUKCAPIL_USER_ID,
      PASSWORD: env.DUKCAPIL_PASSWORD,
      IP_USER: env.DUKCAPIL_IP_USER,
      TRESHOLD: '80',
      NIK: '3201014201900001',
    }),
  });
  expect(asked.status).toBe(200);
  const mail = createTransport(env.SMTP_URL);
  await mail.sendMail({ from: env.MAIL_FROM, to: 'x@example.test', text: 'x', messageId: '<x@y>' } as object);
  const client = new SnapClient({
    url: env.BANK_URL,
    private_key_file: env.BANK_PRIVATE_KEY_FILE,
    client: {
      client_id: env.BANK_CLIENT_ID,
      client_secret: env.BANK_CLIENT_SECRET,
      partner_id: env.BANK_PARTNER_ID,
      channel_id: env.BANK_CHANNEL_ID,
    },
  } as SnapSettings);
  expect((await client.transfer('P1', { sourceAccountNo: env.BANK_SOURCE_ACCOUNT })).body.responseCode).toBe('2001800');

  await sim.close();
  await sim.close();
  expect(logLines(sim.log, 'dukcapil.ndjson').map((l) => l.answer)).toEqual(['13']);
  expect(logLines(sim.log, 'mail.ndjson')).toMatchObject([
    { message_id: '<x@y>', rcpt: 'x@example.test', answer: '250' },
  ]);
  expect(logLines(sim.log, 'bank.ndjson').map((l) => l.answer)).toEqual(['2007300', '2001800']);
  await expect(fetch(`${env.BANK_URL}/`)).rejects.toThrow();
});

it('a wrong faults file is named before anything starts', async () => {
  const data = tempDir();
  const faults = join(data, 'faults.json');
  writeFileSync(faults, '[{"counterpart":"bank","fault":"fire","share":1}]');
  await expect(startSim({ data, faults })).rejects.toThrow(`${faults}: rule 1: fault "fire"`);
  expect(existsSync(join(data, 'sim-log'))).toBe(false);
});

it('stops what it had started when a counterpart cannot start', async () => {
  const first = await startSim({ data: tempDir() });
  await first.close();
  const url = first.env.DUKCAPIL_URL ?? '';
  const options = { dukcapil: { port: Number(new URL(url).port) } };
  const data = tempDir({ 'email-events.ndjson': 'x\n' });
  await expect(startSim({ data, options })).rejects.toThrow('email-events.ndjson line 1: not JSON');
  await expect(fetch(url)).rejects.toThrow();
});

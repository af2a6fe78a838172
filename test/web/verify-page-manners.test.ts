import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratch, wholeDraw } from '../scripts/draw-directory.ts';
import { largeDraw } from './large-draw.ts';
import { choose, filesIn, textOf, verdict, visiting } from './verify-visit.ts';

const visit = visiting();

describe('the page itself', () => {
  it('speaks the language of the browser, and fits a narrow screen', async () => {
    const { page } = await visit('en-GB', 360);
    expect(await textOf(page, 'h1')).toBe('Check a draw');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await choose(page, await wholeDraw());
    await page.locator('#registration').fill('R001');
    await page.keyboard.press('Enter');
    await page.locator('#answer dl').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    const { page: other } = await visit('id-ID');
    expect(await textOf(other, 'h1')).toBe('Periksa undian');
  });

  it('has a label at each control, and reaches each by keyboard', async () => {
    const { page } = await visit('id-ID');
    await choose(page, await wholeDraw());
    const unlabelled = await page.evaluate(() =>
      [...document.querySelectorAll('input, select, progress')].flatMap((control) => {
        const { labels } = control as HTMLInputElement;
        return labels?.length === 1 && labels[0]?.textContent ? [] : [control.id];
      }),
    );
    expect(unlabelled).toEqual([]);
    const reached: string[] = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ''));
    }
    for (const id of ['published', 'registration']) expect(reached).toContain(id);
  });

  it('asks nobody for anything, and cannot', async () => {
    let asked = 0;
    const server = createServer((_, response) => response.end(String(asked++))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { page, requests, address } = await visit('id-ID');
    await choose(page, await wholeDraw());
    expect(requests.filter((url) => !url.startsWith('blob:'))).toEqual([address]);
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^ ]+'; worker-src blob:; /);
    const reach = (url: string) => fetch(url).then(String, () => 'refused');
    const url = `http://127.0.0.1:${port}/`;
    expect(await page.evaluate(reach, url)).toBe('refused');
    expect(await page.workers()[0]?.evaluate(reach, url)).toBe('refused');
    expect(asked).toBe(0);
  });

  it('takes files that are dropped onto it', async () => {
    const { page } = await visit('en-GB');
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: await filesIn(await wholeDraw()), dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, x: 500, y: 300, data });
    await page.locator('#verdict').waitFor();
    expect(await verdict(page)).toContain('The draw is right');
  });

  it('does not freeze while 300,000 people are verified', async () => {
    const dir = await largeDraw(join(await scratch(), '4'), 300_000);
    const { page } = await visit('id-ID');
    await page.evaluate(() => {
      let last = performance.now();
      const tick = (now: number) => {
        const gap = Math.max(Number(document.body.dataset.gap ?? 0), now - last);
        document.body.dataset.gap = String(gap);
        document.body.dataset.ticks = String(Number(document.body.dataset.ticks ?? 0) + 1);
        last = now;
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
    const steps = page.evaluate(
      () =>
        new Promise<readonly string[]>((done) => {
          const seen = new Set<string>();
          const status = document.getElementById('status');
          new MutationObserver(() => {
            if (status?.textContent) seen.add(status.textContent);
            else done([...seen]);
          }).observe(status as Node, { childList: true });
        }),
    );
    await choose(page, dir);
    expect(await verdict(page)).toContain('Undian ini benar');
    expect((await steps).length).toBeGreaterThan(5);
    expect(Number(await page.locator('body').getAttribute('data-ticks'))).toBeGreaterThan(20);
    expect(Number(await page.locator('body').getAttribute('data-gap'))).toBeLessThan(200);
  });
});

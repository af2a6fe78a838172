import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { page as writePage } from '../../scripts/batch-page.ts';
import { startBrowser } from '../helpers/browser.ts';

/** Far above what any draw here takes. */
const WAIT_MS = 20_000;

export interface Visit {
  readonly page: Page;
  /** Every request so far, and every error of the page's. */
  readonly requests: readonly string[];
  /** Of the page. */
  readonly address: string;
}

export type Visiting = (locale: 'id-ID' | 'en-GB', width?: number) => Promise<Visit>;

/** Makes the page once for a test file, and starts a browser for it. @returns opens the page, as a visitor from a disk */
export function visiting(): Visiting {
  let browser: Browser | undefined;
  let home = '';
  let address = '';
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'verify-page-'));
    const out = join(home, 'verify.html');
    await writePage({ out });
    address = pathToFileURL(out).href;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(home, { recursive: true, force: true });
  });
  return async (locale, width = 1000) => {
    if (browser === undefined) throw new Error('the browser is started before the first test');
    const context = await browser.newContext({ locale, viewport: { width, height: 800 } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const requests: string[] = [];
    context.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => requests.push(`an error: ${error.message}`));
    await page.goto(address);
    return { page, requests, address };
  };
}

/** The paths of all files in a directory. */
export async function filesIn(dir: string): Promise<string[]> {
  return (await readdir(dir)).map((name) => join(dir, name));
}

/** Chooses all files of a directory and waits for what comes of it. */
export async function choose(page: Page, dir: string): Promise<void> {
  await page.setInputFiles('#files', await filesIn(dir));
  await page.locator('#verdict').waitFor();
}

export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? '';
}

/** What the page says to the draw as a whole. */
export async function verdict(page: Page): Promise<string> {
  return textOf(page, '#verdict');
}

/** What it says to each check. */
export async function checks(page: Page): Promise<readonly string[]> {
  return page.locator('#checks > li').allTextContents();
}

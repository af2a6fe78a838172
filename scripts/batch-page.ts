import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { fail } from '../jobs/errors.ts';
import { indonesian } from '../web/verify/texts-id.ts';
import { done, type Report } from './command.ts';

const SOURCES = join(import.meta.dirname, '../web/verify');

/**
 * `batch page --out verify.html`: the page with which anybody verifies a draw in their browser, in one file that
 * fetches nothing. It is not minified, so that it can be read; the same sources give the same bytes.
 */
export async function page({ out }: { readonly out: string }): Promise<Report> {
  const html = await pageHtml();
  await writeFile(out, html);
  const sha256 = createHash('sha256').update(html).digest('hex');
  const bytes = Buffer.byteLength(html);
  return done({ out, bytes, sha256 }, `${out}: ${bytes} bytes, SHA-256 ${sha256}. Publish both.`);
}

async function pageHtml(): Promise<string> {
  const [template, style, script, worker] = await Promise.all([
    readFile(join(SOURCES, 'page.html'), 'utf8'),
    bundle('page.css'),
    bundle('page.ts'),
    bundle('worker.ts'),
  ]);
  const parts = { ...indonesian.fixed, policy: policy(script, style), style, script, worker };
  return template.replace(/(?:\/\*)?\{\{(\w+)\}\}(?:\*\/)?/g, (_, name: string) => parts[name as keyof typeof parts]);
}

/** Text that stands between tags as it is. @throws when a browser would read a tag inside it */
async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, file)],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    // Comments name the sources by their path from here, wherever the checkout is.
    absWorkingDir: join(SOURCES, '../..'),
    logLevel: 'silent',
  });
  const text = outputFiles[0]?.text ?? '';
  if (text === '' || /<!--|<\/?(script|style)/i.test(text)) throw fail(`${file} cannot stand inside a page`);
  return text;
}

/** Runs this script and this style and a worker made from them, and reaches nobody. */
function policy(script: string, style: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    'worker-src blob:',
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

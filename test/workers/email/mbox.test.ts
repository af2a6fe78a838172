import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawMessages } from '../../../workers/email/bounce-files.ts';
import { splitMbox } from '../../../workers/email/mbox.ts';

const mbox = 'From a@b Sat Apr 11\nSubject: 1\n\nFrom here on\n>From quoted\n\nFrom c@d Sat Apr 11\nSubject: 2\n\nx\n';
const messages = ['Subject: 1\n\nFrom here on\nFrom quoted\n', 'Subject: 2\n\nx\n'];

async function split(parts: readonly Uint8Array[]): Promise<string[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* parts;
  }
  const found: string[] = [];
  for await (const bytes of splitMbox(stream())) found.push(Buffer.from(bytes).toString());
  return found;
}

describe('splitMbox', () => {
  it('splits wherever the stream is cut', async () => {
    const whole = mbox.replace('here on', 'here on');
    const expected = await split([Buffer.from(whole)]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: whole.length })), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const parts = edges.slice(1).map((edge, i) => Buffer.from(whole.slice(edges[i], edge)));
        expect(await split(parts)).toEqual(expected);
      }),
    );
  });

  it('takes the From line off, restores quoted ones, and only splits after an empty line', async () => {
    const unquoted = mbox.replace('\n\nFrom here', '\n\n>From here');
    expect(await split([Buffer.from(unquoted)])).toEqual(messages);
    expect(await split([Buffer.from('From a@b\nSubject: 3\n\nhalo\nFrom sini\n')])).toEqual([
      'Subject: 3\n\nhalo\nFrom sini\n',
    ]);
    expect(await split([])).toEqual([]);
  });
});

describe('rawMessages', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bounces-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const read = async (path: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { bytes } of rawMessages(path)) found.push(Buffer.from(bytes).toString());
    return found;
  };

  it('reads one message, an mbox and either in gzip', async () => {
    const plain = join(folder, 'one.eml');
    await writeFile(plain, 'Subject: 1\n\nx');
    expect(await read(plain)).toEqual(['Subject: 1\n\nx']);
    await writeFile(`${plain}.gz`, gzipSync('Subject: 1\n\nx'));
    expect(await read(`${plain}.gz`)).toEqual(['Subject: 1\n\nx']);
    const box = join(folder, 'box');
    await writeFile(box, mbox.replace('\n\nFrom here', '\n\n>From here'));
    expect(await read(box)).toEqual(messages);
  });

  it('reads new and cur of a Maildir, not tmp', async () => {
    for (const box of ['new', 'cur', 'tmp']) {
      await mkdir(join(folder, box));
      await writeFile(join(folder, box, '1.x'), `Subject: ${box}\n\n`);
    }
    expect(await read(folder)).toEqual(['Subject: new\n\n', 'Subject: cur\n\n']);
  });
});

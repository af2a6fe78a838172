import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifyDraw } from '../../../scripts/draw-verify.ts';
import {
  checkSigned,
  type DrawSource,
  readOfficeKey,
  type signedFiles,
  sumsText,
  verifyDraw as verifyFrom,
} from '../../../workers/assignment/rules.ts';
import { parseSums } from '../../../workers/assignment/sums.ts';
import { close, scratch, wholeDraw } from '../../scripts/draw-directory.ts';

const pemOf = (key: KeyObject) => Buffer.from(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
const office = generateKeyPairSync('ed25519').privateKey;
const stranger = generateKeyPairSync('ed25519').privateKey;

describe('checkSigned', () => {
  /** RFC 8032, section 7.1, test 2. */
  const rfc = {
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  };
  const x = Buffer.from(rfc.key, 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const pem = Buffer.from(key.export({ type: 'spki', format: 'pem' }));

  it('takes the vector of RFC 8032, and nothing near it', async () => {
    const read = await readOfficeKey(pem);
    const signature = Buffer.from(rfc.signature, 'hex');
    expect(await checkSigned(Uint8Array.of(0x72), signature, read)).toBe(true);
    expect(await checkSigned(Uint8Array.of(0x73), signature, read)).toBe(false);
    expect(await checkSigned(Uint8Array.of(0x72), signature.subarray(1), read)).toBe(false);
    expect(await checkSigned(Uint8Array.of(0x72), signature, await readOfficeKey(pemOf(office)))).toBe(false);
  });

  it('names a key by the SHA-256 of its DER', async () => {
    const der = key.export({ type: 'spki', format: 'der' });
    expect((await readOfficeKey(pem)).fingerprint).toBe(createHash('sha256').update(der).digest('hex'));
  });

  it.each([
    ['a key of another kind', generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' })],
    ['a private key', office.export({ type: 'pkcs8', format: 'pem' })],
    ['an empty key', '-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n'],
    ['something else', 'ssh-ed25519 AAAA'],
  ])('refuses %s', async (_, text) => {
    await expect(readOfficeKey(Buffer.from(text))).rejects.toThrow('is not an Ed25519 public key in PEM');
  });
});

describe('a list of sums', () => {
  const sum = 'ab'.repeat(32);
  it('is read as it is written', () => {
    const sums = [
      { file: 'pool.csv', sha256: sum },
      { file: 'commitment.json', sha256: '01'.repeat(32) },
    ];
    expect(parseSums(Buffer.from(sumsText(sums)))).toEqual(sums);
  });

  it.each([
    ['', 1],
    [`${sum}  pool.csv`, 1],
    [`${sum}  pool.csv\n${sum}  quota.csv`, 2],
    [`${sum} pool.csv\n`, 1],
    [`${sum} *pool.csv\n`, 1],
    [`${sum.toUpperCase()}  pool.csv\n`, 1],
    [`${sum}  pool.csv\r\n`, 1],
    [`${sum}  ../pool.csv\n`, 1],
    [`${sum}  pool.csv\n${sum}  pool.csv\n`, 2],
    [`${sum}  pool.csv\n\n`, 2],
    ['abcdefghijk'.replace(/./g, (letter) => `${sum}  ${letter}.csv\n`), 1],
  ])('refuses %j', (text, line) => {
    expect(() => parseSums(Buffer.from(text))).toThrow(expect.objectContaining({ line }));
  });
});

type Step = keyof typeof signedFiles;

async function sumOf(dir: string, file: string) {
  return {
    file,
    sha256: createHash('sha256')
      .update(await readFile(join(dir, file)))
      .digest('hex'),
  };
}

/** Signs a list by hand. */
async function signList(dir: string, step: Step, list: string, key = office): Promise<void> {
  await writeFile(join(dir, `${step}.sha256`), list);
  await writeFile(join(dir, `${step}.sha256.sig`), sign(null, Buffer.from(list), key));
}

const filesOf = {
  commitment: ['commitment.json', 'pool.csv', 'quota.csv'],
  draw: ['seed.json', 'result.csv'],
  decree: ['decree.csv'],
};

/** A whole draw, every step signed. */
async function signedDraw(): Promise<string> {
  const dir = await wholeDraw();
  for (const [step, files] of Object.entries(filesOf))
    await signList(dir, step as Step, sumsText(await Promise.all(files.map((file) => sumOf(dir, file)))));
  await writeFile(join(dir, 'office.pub'), pemOf(office));
  return dir;
}

describe('the signatures of a published draw', () => {
  it('are checked with the key given, or else with its own, saying so', async () => {
    const dir = await signedDraw();
    const key = await readOfficeKey(pemOf(office));
    const given = await verifyDraw(dir, undefined, key);
    expect(given).toMatchObject({ ok: true, notes: [expect.stringContaining('no annex')] });
    expect(given.checked.slice(-3)).toEqual(
      ['commitment', 'draw', 'decree'].map(
        (step) =>
          `${step}.sha256 is signed with the key given, ${key.fingerprint}, and its files have the hashes it says`,
      ),
    );
    const own = await verifyDraw(dir);
    expect(own.ok).toBe(true);
    expect(own.checked.at(-1)).toContain('compare its fingerprint with the one the office publishes');
  });

  it('missing, they are noted; with a key given they are a difference', async () => {
    const dir = await wholeDraw();
    expect((await verifyDraw(dir)).notes).toEqual([
      'the decree has no annex: there is no annex.csv',
      'commitment.json is not signed, for there is no commitment.sha256',
      'seed.json is not signed, for there is no draw.sha256',
      'decree.csv is not signed, for there is no decree.sha256',
    ]);
    expect(await verifyDraw(dir, undefined, await readOfficeKey(pemOf(office)))).toMatchObject({
      ok: false,
      difference: 'commitment.sha256: is missing, so commitment.json is not signed',
    });
  });

  it('of a commitment that is not drawn yet are checked too', async () => {
    const dir = join(await scratch(), '4');
    await close(dir);
    expect((await verifyDraw(dir)).notes).toHaveLength(1);
    expect((await verifyDraw(dir, undefined, await readOfficeKey(pemOf(office)))).ok).toBe(false);
  });

  it('need no file read twice for its hash', async () => {
    const dir = await signedDraw();
    const read: string[] = [];
    const files = new Map<string, Buffer>();
    for (const name of await readdir(dir)) files.set(name, await readFile(join(dir, name)));
    const source: DrawSource = {
      read: async (name) => {
        read.push(name);
        return files.has(name) ? Readable.from([files.get(name)]) : undefined;
      },
      size: async (name) => files.get(name)?.length,
      siblings: async () => [],
      sha256: () => {
        const hash = createHash('sha256');
        return { update: (bytes) => hash.update(bytes), hex: () => hash.digest('hex') };
      },
    };
    expect(await verifyFrom(source)).toMatchObject({ ok: true });
    for (const name of ['pool.csv', 'result.csv']) expect(read.filter((one) => one === name)).toEqual([name]);
  });

  it('are noted as unchecked where there is no Ed25519', async () => {
    const dir = await signedDraw();
    const none = vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('', 'NotSupportedError'));
    onTestFinished(() => none.mockRestore());
    const notes = [expect.stringContaining('no annex'), expect.stringContaining('were not checked')];
    expect(await verifyDraw(dir)).toMatchObject({ ok: true, notes });
  });

  it.each<[string, (dir: string) => Promise<void>, string]>([
    [
      'a list that was changed',
      async (dir) => writeFile(join(dir, 'draw.sha256'), 'x'),
      'draw.sha256.sig: is not the signature',
    ],
    [
      'the signature of another list',
      (dir) => copyFile(join(dir, 'draw.sha256.sig'), join(dir, 'decree.sha256.sig')),
      'decree.sha256.sig: is not the signature',
    ],
    ['no signature', (dir) => rm(join(dir, 'draw.sha256.sig')), 'draw.sha256.sig: is missing'],
    [
      'a step by somebody else',
      async (dir) => signList(dir, 'draw', await readFile(join(dir, 'draw.sha256'), 'utf8'), stranger),
      'draw.sha256.sig: is not the signature',
    ],
    ['no key', (dir) => rm(join(dir, 'office.pub')), 'office.pub: is missing'],
    ['a key that is none', (dir) => writeFile(join(dir, 'office.pub'), 'x'), 'office.pub line 1: is not an Ed25519'],
    [
      'a hash that is not the file’s',
      async (dir) => signList(dir, 'decree', sumsText([{ file: 'decree.csv', sha256: 'ab'.repeat(32) }])),
      'decree.csv: SHA-256 is',
    ],
    [
      'a hash of result.csv that is not the file’s',
      async (dir) =>
        signList(
          dir,
          'draw',
          sumsText([await sumOf(dir, 'seed.json'), { file: 'result.csv', sha256: 'ab'.repeat(32) }]),
        ),
      'result.csv: SHA-256 is',
    ],
    [
      'a file that is not there',
      async (dir) =>
        signList(
          dir,
          'decree',
          sumsText([await sumOf(dir, 'decree.csv'), { file: 'decree.pdf', sha256: 'ab'.repeat(32) }]),
        ),
      'decree.pdf: is missing',
    ],
    [
      'a file that is not named',
      async (dir) => signList(dir, 'draw', sumsText([await sumOf(dir, 'seed.json')])),
      'result.csv: is there, but draw.sha256 does not name it',
    ],
    [
      'an annex that came later',
      (dir) => writeFile(join(dir, 'annex.csv'), 'x\n'),
      'decree.json: is missing, although annex.csv is there',
    ],
    ['no list of sums', (dir) => signList(dir, 'draw', 'x\n'), 'draw.sha256 line 1: is not a SHA-256'],
  ])('%s is a difference', async (_, change, difference) => {
    const dir = await signedDraw();
    await change(dir);
    const found = await verifyDraw(dir);
    expect(found.ok).toBe(false);
    expect(found.difference).toContain(difference);
  });

  it('all by somebody else, with their office.pub: only the key given shows it', async () => {
    const dir = await signedDraw();
    for (const step of ['commitment', 'draw', 'decree'] as const)
      await signList(dir, step, await readFile(join(dir, `${step}.sha256`), 'utf8'), stranger);
    await writeFile(join(dir, 'office.pub'), pemOf(stranger));
    expect((await verifyDraw(dir)).ok).toBe(true);
    expect((await verifyDraw(dir, undefined, await readOfficeKey(pemOf(office)))).difference).toContain(
      'commitment.sha256.sig: is not the signature of commitment.sha256 by the key',
    );
  });
});

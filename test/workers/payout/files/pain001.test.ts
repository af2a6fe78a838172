import { Readable } from 'node:stream';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { type PaymentFile, type PaymentFileOrder, writePain001 } from '../../../../workers/payout/files/pain001.ts';

const order: PaymentFileOrder = {
  reference: 'P00000000000000A',
  amountIdr: 600_000n,
  channel: 'bank',
  provider: 'bni',
  accountNumber: '0123456789',
  holderName: 'SITI AMINAH',
};

const head = (orders: readonly PaymentFileOrder[]): PaymentFile => ({
  messageId: 'PRAKERJA-RUN-1',
  paymentId: 'PRAKERJA-RUN-1',
  createdAt: '2020-09-15T12:00:00+07:00',
  executionDate: '2020-09-15',
  debtorAccount: '0000000001',
  count: orders.length,
  totalIdr: orders.reduce((sum, one) => sum + one.amountIdr, 0n),
});

async function write(orders: readonly PaymentFileOrder[], file = head(orders), page = 2): Promise<string> {
  const pages = Array.from({ length: Math.ceil(orders.length / page) }, (_, i) =>
    orders.slice(i * page, (i + 1) * page),
  );
  const texts: string[] = [];
  for await (const text of writePain001(file, Readable.from(pages))) texts.push(text);
  return texts.join('');
}

/** Read by somebody else's parser. */
function parse(xml: string) {
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    parseTagValue: false,
    ignoreAttributes: false,
    trimValues: false,
    isArray: (name) => name === 'CdtTrfTxInf',
  });
  return parser.parse(xml.replace(/>\n/g, '>')).Document;
}

describe('a payment file', () => {
  it('has one payment with one bulk debit, and counts and sums that are exact', async () => {
    const wallet = {
      ...order,
      reference: 'P00000000000000B',
      channel: 'ewallet',
      provider: 'ovo',
      amountIdr: 50_000n,
    } as const;
    const document = parse(await write([order, wallet]));
    expect(document['@_xmlns']).toBe('urn:iso:std:iso:20022:tech:xsd:pain.001.001.09');
    const { GrpHdr, PmtInf } = document.CstmrCdtTrfInitn;
    expect(GrpHdr).toMatchObject({ MsgId: 'PRAKERJA-RUN-1', NbOfTxs: '2', CtrlSum: '650000.00' });
    expect(PmtInf).toMatchObject({
      PmtInfId: 'PRAKERJA-RUN-1',
      PmtMtd: 'TRF',
      BtchBookg: 'true',
      NbOfTxs: '2',
      CtrlSum: '650000.00',
      ReqdExctnDt: { Dt: '2020-09-15' },
      DbtrAcct: { Id: { Othr: { Id: '0000000001' } }, Ccy: 'IDR' },
    });
    expect(PmtInf.CdtTrfTxInf).toEqual([
      {
        PmtId: { InstrId: order.reference, EndToEndId: order.reference },
        Amt: { InstdAmt: { '#text': '600000.00', '@_Ccy': 'IDR' } },
        CdtrAgt: { FinInstnId: { ClrSysMmbId: { MmbId: '009' } } },
        Cdtr: { Nm: 'SITI AMINAH' },
        CdtrAcct: { Id: { Othr: { Id: '0123456789' } } },
      },
      expect.objectContaining({ CdtrAgt: { FinInstnId: { Othr: { Id: 'OVO' } } } }),
    ]);
  });

  it('has the elements in the order that the schema of 001.09 asks for', async () => {
    const xml = await write([order]);
    const payment = xml.slice(xml.indexOf('<PmtInf>'));
    const places = [
      'PmtInfId',
      'PmtMtd',
      'BtchBookg',
      'NbOfTxs',
      'CtrlSum',
      'ReqdExctnDt',
      'Dbtr',
      'DbtrAcct',
      'DbtrAgt',
      'CdtTrfTxInf',
      'PmtId',
      'Amt',
      'CdtrAgt',
      'Cdtr',
      'CdtrAcct',
    ];
    const at = places.map((name) => payment.indexOf(`<${name}>`));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(Math.min(...at)).toBeGreaterThan(0);
  });

  it.each<[string, string, string]>([
    ['is cut to 140 characters, none of them in two', '😀'.repeat(141), '😀'.repeat(140)],
    ['is escaped', `O'BRIEN & <SONS> "TBK"`, `O'BRIEN & <SONS> "TBK"`],
    ['loses what XML cannot hold', 'SI\u0000TI\u0007\ud800', 'SITI'],
    ['loses blanks around it', `  ${'x'.repeat(139)} y`, 'x'.repeat(139)],
  ])('a name %s', async (_, holderName, expected) => {
    expect(parse(await write([{ ...order, holderName }])).CstmrCdtTrfInitn.PmtInf.CdtTrfTxInf[0].Cdtr.Nm).toBe(
      expected,
    );
  });

  it.each([
    ['count', { count: 2 }],
    ['sum', { totalIdr: 600_001n }],
  ])('is not finished when its %s is not what its head says', async (_, wrong) => {
    await expect(write([order], { ...head([order]), ...wrong })).rejects.toThrow('but holds 1 of 600000');
  });

  it('carries whatever it is given, and is the same each time', async () => {
    const orders = fc.array(
      fc.record({
        reference: fc.stringMatching(/^P[0-9A-Z]{15}$/),
        amountIdr: fc.bigInt({ min: 1n, max: 10n ** 12n }),
        channel: fc.constantFrom('bank' as const, 'ewallet' as const),
        provider: fc.constantFrom('bni', 'gopay'),
        accountNumber: fc.stringMatching(/^\d{8,16}$/),
        holderName: fc
          .string({ unit: 'grapheme-composite', minLength: 1, maxLength: 40 })
          .filter((name) => /^[^\p{C}\s]*$/u.test(name)),
      }),
      { minLength: 1, maxLength: 7 },
    );
    await fc.assert(
      fc.asyncProperty(orders, async (all) => {
        const xml = await write(all);
        expect(await write(all, head(all), 3)).toBe(xml);
        const { GrpHdr, PmtInf } = parse(xml).CstmrCdtTrfInitn;
        const read = PmtInf.CdtTrfTxInf.map((one: never) => facts(one));
        expect(read).toEqual(
          all.map((one) => [one.reference, `${one.amountIdr}.00`, one.holderName, one.accountNumber]),
        );
        expect(GrpHdr).toMatchObject({ NbOfTxs: String(all.length), CtrlSum: `${head(all).totalIdr}.00` });
      }),
      { numRuns: 60 },
    );
  });
});

interface Transaction {
  readonly PmtId: { readonly EndToEndId: string };
  readonly Amt: { readonly InstdAmt: { readonly '#text': string } };
  readonly Cdtr: { readonly Nm: string };
  readonly CdtrAcct: { readonly Id: { readonly Othr: { readonly Id: string } } };
}

function facts({ PmtId, Amt, Cdtr, CdtrAcct }: Transaction) {
  return [PmtId.EndToEndId, Amt.InstdAmt['#text'], Cdtr.Nm, CdtrAcct.Id.Othr.Id];
}

import { describe, expect, it } from 'vitest';
import { entry, line, payment, REF, REF_B, readEntry } from './camt-writer.ts';

describe('an amount with sen', () => {
  const nobodys = { amount: '12.34', direction: 'credit' } as const;
  it.each([
    ['is none of ours when nothing of ours is named', entry(nobodys), true],
    ['may be ours when our order is', entry({ ...nobodys, endToEndId: REF }), false],
    ['may be ours when our bulk is', entry({ ...nobodys, text: 'PRAKERJA-RUN-1' }), false],
    ['may be ours in a batch', entry({ ...nobodys, details: '<Btch><NbOfTxs>3</NbOfTxs></Btch>' }), false],
    [
      'may be ours in a batch with a name',
      entry({ ...nobodys, details: '<Btch><PmtInfId>B</PmtInfId></Btch>' }),
      false,
    ],
  ])('%s', async (_, text, notOurs) => {
    expect(await readEntry(text)).toMatchObject([{ why: 'its amount has sen', notOurs }]);
  });
});

describe('a batch entry', () => {
  const part = (amount: string, reference: string): string =>
    `<TxDtls><Refs><PmtInfId>BULK-1</PmtInfId><EndToEndId>${reference}</EndToEndId></Refs>${amount === '' ? '' : `<AmtDtls><TxAmt><Amt Ccy="IDR">${amount}</Amt></TxAmt></AmtDtls>`}</TxDtls>`;
  const batch = (amount: string, details: string) => readEntry(entry({ amount, direction: 'debit', details }));

  it('is a line per transaction when they add up', async () => {
    const lines = await batch('1200000.00', part('600000.00', REF) + part('600000.00', REF_B));
    expect(lines).toMatchObject([
      { lineNumber: 1, reference: REF, amountIdr: 600_000n, bulkId: 'BULK-1' },
      { lineNumber: 2, reference: REF_B, amountIdr: 600_000n, bulkId: 'BULK-1' },
    ]);
  });

  it('is one line with its bulk id when the transactions have no amounts', async () => {
    expect(await batch('1200000.00', part('', REF) + part('', REF_B))).toMatchObject([
      { amountIdr: 1_200_000n, bulkId: 'BULK-1', reference: null },
    ]);
    const summary = '<Btch><PmtInfId>BULK-2</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>';
    expect(await batch('1200000.00', summary)).toMatchObject([{ amountIdr: 1_200_000n, bulkId: 'BULK-2' }]);
  });

  it.each([
    ['do not add up', part('600000.00', REF) + part('600001.00', REF_B), 'add up'],
    ['have an amount here and none there', part('600000.00', REF) + part('', REF_B), 'no amount'],
    [
      'are fewer than it says',
      `<Btch><NbOfTxs>3</NbOfTxs></Btch>${part('600000', REF)}${part('600000', REF_B)}`,
      'as many',
    ],
    ['are summed up without a bulk id', '<Btch><NbOfTxs>2</NbOfTxs></Btch>', 'bulk id'],
  ])('is unreadable when they %s', async (_, details, why) => {
    expect(await batch('1200000.00', details)).toMatchObject([
      { kind: 'unreadable', why: expect.stringContaining(why) },
    ]);
  });

  it.each<[string, string, string]>([
    ['MsgId', '<Btch><MsgId>PRAKERJA-RUN-3</MsgId><NbOfTxs>2</NbOfTxs></Btch>', 'PRAKERJA-RUN-3'],
    [
      'MsgId, PmtInfId being the bank’s',
      '<Btch><MsgId>PRAKERJA-RUN-3</MsgId><PmtInfId>B-1</PmtInfId></Btch>',
      'PRAKERJA-RUN-3',
    ],
    [
      'PmtInfId, MsgId being the bank’s',
      '<Btch><MsgId>M-1</MsgId><PmtInfId>PRAKERJA-RUN-3</PmtInfId></Btch>',
      'PRAKERJA-RUN-3',
    ],
    ['both', '<Btch><MsgId>PRAKERJA-RUN-3</MsgId><PmtInfId>PRAKERJA-RUN-3</PmtInfId></Btch>', 'PRAKERJA-RUN-3'],
    [
      'the text, with Btch',
      '<Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls><AddtlNtryInf>X PRAKERJA-RUN-3</AddtlNtryInf><NtryDtls>',
      'PRAKERJA-RUN-3',
    ],
    ['the text alone', '</NtryDtls><AddtlNtryInf>BULK PRAKERJA-RUN-3</AddtlNtryInf><NtryDtls>', 'PRAKERJA-RUN-3'],
    ['its one transaction’s MsgId', '<TxDtls><Refs><MsgId>PRAKERJA-RUN-3</MsgId></Refs></TxDtls>', 'PRAKERJA-RUN-3'],
  ])('has its bulk id in %s', async (_, details, bulkId) => {
    expect(await batch('1200000.00', details)).toMatchObject([
      { kind: 'line', amountIdr: 1_200_000n, bulkId, reference: null },
    ]);
  });

  it.each([
    [
      'two batches',
      '<Btch><PmtInfId>A</PmtInfId><NbOfTxs>1</NbOfTxs></Btch></NtryDtls><NtryDtls><Btch><PmtInfId>B</PmtInfId></Btch>',
    ],
    [
      'two of our bulks',
      '<Btch><PmtInfId>PRAKERJA-RUN-3</PmtInfId><MsgId>PRAKERJA-RUN-4</MsgId><NbOfTxs>2</NbOfTxs></Btch>',
    ],
    [
      'another in its text',
      '<Btch><PmtInfId>PRAKERJA-RUN-3</PmtInfId></Btch></NtryDtls><AddtlNtryInf>PRAKERJA-RUN-4</AddtlNtryInf><NtryDtls>',
    ],
  ])('is unreadable when it is of %s', async (_, details) => {
    expect(await batch('1200000.00', details)).toMatchObject([{ why: 'it names several bulk ids' }]);
  });

  it('has no reference of one transaction for all of them', async () => {
    const two = part('600000.00', 'A') + part('600000.00', 'B');
    const lines = await batch('1200000.00', `</NtryDtls><NtryRef>${REF}</NtryRef><NtryDtls>${two}`);
    expect(lines).toMatchObject([{ reference: null }, { reference: null }]);
  });

  it('of two batches is a line per transaction when it lists them: each order is one', async () => {
    const two = `<Btch><PmtInfId>A</PmtInfId></Btch>${part('600000.00', REF)}</NtryDtls><NtryDtls><Btch><PmtInfId>B</PmtInfId></Btch>${part('600000.00', REF_B)}`;
    expect(await batch('1200000.00', two)).toMatchObject([{ reference: REF }, { reference: REF_B }]);
  });
});

describe('an entry with charges', () => {
  const one = (more = '', amount = '600000.00') =>
    `<TxDtls><Refs><EndToEndId>${REF}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="IDR">${amount}</Amt></TxAmt></AmtDtls>${more}</TxDtls>`;
  const charged = (text: string) => `<Chrgs>${text}</Chrgs>`;
  const amount = (text: string, currency = 'IDR') => `<Amt Ccy="${currency}">${text}</Amt>`;
  const records = charged(
    `<TtlChrgsAndTaxAmt Ccy="IDR">2500</TtlChrgsAndTaxAmt><Rcrd>${amount('2000.00')}</Rcrd><Rcrd>${amount('500')}</Rcrd>`,
  );
  const read = (written: string, details: string, direction: 'debit' | 'credit' = 'debit') =>
    readEntry(entry({ amount: written, direction, details }));

  it.each<[string, string]>([
    ['of its transaction', one(charged(amount('2500.00')))],
    ['in records', one(records)],
    ['in two parts', one(charged(amount('2000')) + charged(amount('500')))],
    ['as a total alone', one(charged('<TtlChrgsAndTaxAmt Ccy="IDR">2500</TtlChrgsAndTaxAmt>'))],
    ['of its own', `</NtryDtls>${records}<NtryDtls>${one()}`],
    ['of both, which are the same', `</NtryDtls>${records}<NtryDtls>${one(records)}`],
  ])('%s is one line of its own amount, with the reference', async (_, details) => {
    expect(await read('602500.00', details)).toMatchObject([
      { kind: 'line', amountIdr: 602_500n, direction: 'debit', reference: REF },
    ]);
  });

  it('is less than its transaction where money comes in', async () => {
    expect(await read('597500.00', one(records), 'credit')).toMatchObject([{ amountIdr: 597_500n, reference: REF }]);
  });

  it.each<[string, string, string]>([
    ['others', '602501.00', one(records)],
    ['none', '602500.00', one()],
    ['dollars', '602500.00', one(charged(amount('2500', 'USD')))],
    ['of a debit that is less', '597500.00', one(records)],
    ['of a batch', '1202500.00', one(records) + one('').replace(REF, REF_B)],
  ])('is unreadable when they are %s', async (_, written, details) => {
    expect(await read(written, details)).toMatchObject([{ kind: 'unreadable' }]);
  });
});

describe('a reference', () => {
  const refs = (more: string, text = '') =>
    `<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId>${more}</Refs>${text}</TxDtls>`;
  it.each<[string, string]>([
    ['TxId', refs(`<TxId>${REF}</TxId>`)],
    ['AcctSvcrRef', refs(`<AcctSvcrRef>${REF}</AcctSvcrRef>`)],
    ['AddtlRmtInf', refs('', `<RmtInf><Strd><AddtlRmtInf>TRF ${REF}</AddtlRmtInf></Strd></RmtInf>`)],
    ['RtrInf/AddtlInf', refs('', `<RtrInf><AddtlInf>${REF}</AddtlInf></RtrInf>`)],
    ['NtryRef', `</NtryDtls><NtryRef>${REF}</NtryRef><NtryDtls>`],
    ['TxId, in groups', refs('<TxId>P000 0000 0000 000A</TxId>')],
    ['InstrId, in lower case', refs(`<InstrId>${REF.toLowerCase()}</InstrId>`)],
    ['EndToEndId, in groups', '<TxDtls><Refs><EndToEndId>p000 0000 0000 000a</EndToEndId></Refs></TxDtls>'],
    ['Prtry/Ref', refs(`<Prtry><Tp>OTHR</Tp><Ref>${REF}</Ref></Prtry>`)],
    ['the second Prtry/Ref', refs(`<Prtry><Ref>1</Ref></Prtry><Prtry><Ref>${REF}</Ref></Prtry>`)],
    ['MsgId', refs(`<MsgId>${REF}</MsgId>`)],
    ['PmtInfId', refs(`<PmtInfId>${REF}</PmtInfId>`)],
    ['PmtInfId of a batch of one', `<Btch><PmtInfId>${REF}</PmtInfId><NbOfTxs>1</NbOfTxs></Btch>${refs('')}`],
    ['PmtInfId of a batch alone', `<Btch><PmtInfId>${REF}</PmtInfId></Btch>`],
    ['MsgId of a batch of one', `<Btch><MsgId>${REF}</MsgId><PmtInfId>B-1</PmtInfId></Btch>${refs('')}`],
    [
      'CdtrRefInf, in groups',
      refs('', '<RmtInf><Strd><CdtrRefInf><Ref>P000 0000 0000 000a</Ref></CdtrRefInf></Strd></RmtInf>'),
    ],
    [
      'the text, whatever PmtInfId says',
      refs(`<PmtInfId>${REF_B}</PmtInfId>`, `<RmtInf><Ustrd>${REF}</Ustrd></RmtInf>`),
    ],
    ['the text, whatever TxId says', refs('<TxId>P0000000000BANK7</TxId>', `<RmtInf><Ustrd>${REF}</Ustrd></RmtInf>`)],
  ])('is found in %s', async (_, details) => {
    expect(await line({ details })).toMatchObject({ kind: 'line', reference: REF });
  });
});

it('an order’s reference in PmtInfId is no bulk id, nor one of many orders', async () => {
  const named = (reference: string) => `<Refs><PmtInfId>${reference}</PmtInfId></Refs>`;
  expect(await line({ details: `<TxDtls>${named(REF)}</TxDtls>` })).toMatchObject({ reference: REF, bulkId: null });
  const many = `<Btch><PmtInfId>${REF}</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>`;
  expect(await line({ details: many })).toMatchObject({ kind: 'unreadable', why: expect.stringContaining('bulk id') });
});

it('a bulk id in lower case is one', async () => {
  const details = '<Btch><PmtInfId>prakerja-run-3</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>';
  expect(await line({ details })).toMatchObject({ bulkId: 'PRAKERJA-RUN-3', reference: null });
});

it.each(['NONREF', 'NotProvided'])('%s is no number of the bank’s', async (nothing) => {
  const details = `<TxDtls><Refs><AcctSvcrRef>${nothing}</AcctSvcrRef></Refs></TxDtls>`;
  expect(await line({ details })).toMatchObject({ bankReference: payment.bankReference });
  expect(await line({ bankReference: nothing })).toMatchObject({ bankReference: null });
});

describe('a return', () => {
  const US = '<Nm>PROGRAM PRAKERJA</Nm></X><XAcct><Id><Othr><Id>0000000001</Id></Othr></Id></XAcct>';
  const PAYEE = '<Nm>SITI AMINAH</Nm></X><XAcct><Id><Othr><Id>0123456789</Id></Othr></Id></XAcct>';
  const party = (role: string, text: string) =>
    text === '' ? '' : `<X>${text}`.replaceAll('X>', `${role}>`).replaceAll('XAcct', `${role}Acct`);
  const of = (debtor: string, creditor: string, more: string) =>
    `<TxDtls><Refs><EndToEndId>${REF}</EndToEndId></Refs><RltdPties>${party('Dbtr', debtor)}${party('Cdtr', creditor)}</RltdPties>${more}</TxDtls>`;
  const returned = (details: string) => line({ direction: 'credit', details });
  const payee = { counterpartyName: 'SITI AMINAH', counterpartyAccount: '0123456789' };

  it.each<[string, string, object]>([
    [
      'that keeps both parties',
      of(US, PAYEE, '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>'),
      { ...payee, returnReason: 'AC04' },
    ],
    ['whose parties are turned round', of(PAYEE, US, '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>'), payee],
    ['that gives no reason', of(US, PAYEE, '<RtrInf/>'), { ...payee, returnReason: null }],
    ['by its text', of(US, PAYEE, '<RmtInf><Ustrd>RETUR AC01</Ustrd></RmtInf>'), { ...payee, returnReason: 'AC01' }],
    [
      'by its additional text',
      of(US, PAYEE, '<RtrInf><AddtlInf>AC06 BLOKIR</AddtlInf></RtrInf>'),
      { returnReason: 'AC06' },
    ],
    [
      'in the bank’s words',
      of(US, PAYEE, '<RtrInf><Rsn><Prtry>REKENING TUTUP</Prtry></Rsn></RtrInf>'),
      { returnReason: 'REKENING TUTUP' },
    ],
    [
      'in the bank’s words, with a code',
      of(US, PAYEE, '<RtrInf><Rsn><Prtry>AC04 TUTUP</Prtry></Rsn></RtrInf>'),
      { returnReason: 'AC04' },
    ],
    ['that is none, but money in', of(PAYEE, US, ''), { ...payee, returnReason: null }],
    ['that names only us', of('', US, ''), { counterpartyName: null, counterpartyAccount: null }],
    ['that names only the payee', of('', PAYEE, ''), payee],
  ])('%s', async (_, details, expected) => {
    expect(await returned(details)).toMatchObject(expected);
  });

  it('that the entry calls a reversal', async () => {
    const text = entry({ ...payment, direction: 'credit', details: of(US, PAYEE, '') });
    expect(await readEntry(text.replace('<Sts>', '<RvslInd>true</RvslInd><Sts>'))).toMatchObject([payee]);
  });
});

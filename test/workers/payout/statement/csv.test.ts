import { expect, it } from 'vitest';
import { readBcaCsv } from '../../../../workers/payout/statement/bca-csv.ts';
import { readBniCsv } from '../../../../workers/payout/statement/bni-csv.ts';
import { pieces, readAll } from './camt-writer.ts';

const BNI = 'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit';
const BCA = '"Periode : 30/12/2020 - 04/01/2021"\n"Tanggal","Keterangan","Jumlah","Saldo"';
const ROW = '"31/12","TRSF SITI, AMINAH","1.00 DB","9.00"';
const BNI_ROW = '15/09/20,15/09/20,0988,1,TRSF,1.00,.00';

it.each([
  [
    'in a text of a row',
    `${BCA}\n${ROW}\n"31/12","TRSF SI`,
    'line 4 of the statement ends within quotes: it was cut off',
  ],
  ['behind a doubled quote', `${BCA}\n${ROW}\n"31/12","PT ""X"" `, 'line 4 of the statement ends within quotes'],
  ['in its totals', `${BCA}\n${ROW}\n"Saldo Awal : 1`, 'line 4 of the statement ends within quotes'],
  ['behind a row', `${BCA}\n${ROW}\n`, 'does not say its opening: it was cut off'],
])('a file that ends %s was cut off', async (_, text, message) => {
  await expect(readAll(readBcaCsv, pieces(text))).rejects.toThrow(message);
  await expect(readAll(readBcaCsv, pieces(text))).rejects.toMatchObject({ exitCode: 2 });
});

it.each([
  ['of a name in quotes', `${BCA}\n${ROW.replace('SITI,', 'SITI "')}\n${ROW}\n`, readBcaCsv],
  ['of a name without', `${BNI}\n${BNI_ROW.replace('TRSF', 'SITI "A')}\n${BNI_ROW}\n`, readBniCsv],
])('a stray quote %s is no end', async (_, text, reader) => {
  await expect(readAll(reader, pieces(text))).rejects.toThrow('has a quote where none may be');
});

import { describe, expect, it } from 'vitest';
import { resolveUnknown } from '../../scripts/payout.ts';
import { references } from '../helpers/bank-messages.ts';
import { asNotification, type Debit, inOneFile, statement, taking } from '../helpers/camt.ts';
import { pay, TODAY, type TownOptions, town } from '../helpers/payout.ts';

const EVENING = `${TODAY}T20:00:00+07:00`;
const NEXT = '2020-09-16T09:00:00+07:00';

/** Everybody is paid; `debit` is the bank's of R1, R2, … */
async function paid(options: Partial<TownOptions> = {}) {
  const here = await town({ people: 1, ...options });
  await pay(here.office);
  const known = await references(here);
  const debit = (person: string, bankReference = `B-${person}`): Debit => ({
    reference: known[person] as string,
    idr: 600_000,
    bankReference,
  });
  return { here, take: taking(here), debit };
}

const unnumbered = (text: string) => text.replaceAll(/<AcctSvcrRef>.*?<\/AcctSvcrRef>/g, '');
const unnamed = (text: string) => text.replace(/<EndToEndId>.*?</, '<EndToEndId>NOTPROVIDED<');

describe('a statement of the same number, days, balances and count is another one', () => {
  it('when a line that could not be read can be read now', async () => {
    const { here, take, debit } = await paid();
    const right = statement([debit('R1')], 'S1');
    const two = right.replace('</EndToEndId>', ' PAAAAAAAAAAAAAA1</EndToEndId>');
    expect((await take(NEXT, two)).open_breaks).toEqual({ unreadable_line: 1 });
    expect(await take(NEXT, right)).toMatchObject({ lines: 1 });
    expect(await here.states()).toEqual({ R1: 'paid' });
  });

  it('when it has another order: a notification', async () => {
    const { here, take, debit } = await paid({ people: 2 });
    for (const person of ['R1', 'R2']) await take(EVENING, asNotification(statement([debit(person)], 'N1')));
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
  });

  it('when it names our order now, which is then not sent again', async () => {
    const faults = [
      { fault: 'answer_lost', until_call: 1 },
      { fault: 'error_text', endpoint: 'status', value: '404xx01 Transaction Not Found' },
    ];
    const { here, take, debit } = await paid({ faults, bank: { personality: 'ignores' } });
    const named = statement([debit('R1')], 'S1');
    await take(EVENING, unnamed(named));
    await take(NEXT, named);
    await resolveUnknown(await here.officeAt(NEXT));
    expect(here.bankLog().filter(({ debited }) => debited).length).toBe(1);
    expect(await here.states()).toEqual({ R1: 'paid' });
  });
});

describe('of statements that overlap', () => {
  it('a movement that the first has once and the second twice was made twice', async () => {
    const { take, debit } = await paid();
    await take(EVENING, statement([debit('R1')], 'S1'));
    const both = statement([debit('R1'), debit('R1')], 'S2');
    expect(await take(NEXT, both)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
    const more = statement([debit('R1'), debit('R1'), debit('R1', 'B-2')], 'S3');
    expect(await take(NEXT, more)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 2 } });
  });

  it('one that had lines of another is the same when it comes under another number', async () => {
    const { take, debit } = await paid({ people: 2 });
    await take(EVENING, statement([debit('R1')], 'S1'));
    const two = (id: string) =>
      statement([debit('R1'), debit('R2')], id).replace('<AcctSvcrRef>B-R2</AcctSvcrRef>', '');
    expect(await take(NEXT, two('S2'))).toMatchObject({ lines: 1, open_breaks: {} });
    expect(await take(NEXT, two('S3'))).toMatchObject({ lines: 0, open_breaks: {} });
  });

  it('an account is one however it is written', async () => {
    const { take, debit } = await paid();
    await take(EVENING, statement([debit('R1')], 'S1'));
    const other = statement([debit('R1'), debit('R1', 'B-2')], 'S2', 10_000_000, '202020');
    expect(await take(NEXT, other)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
    expect(await take(NEXT, statement([debit('R1')], 'S3', 10_000_000, '009202020'))).toMatchObject({ lines: 0 });
  });

  it('a second debit under the number of the first is one where the balances show that it came after', async () => {
    const { take, debit } = await paid();
    await take(EVENING, statement([debit('R1')], 'S1'));
    const later = statement([debit('R1')], 'S2', 9_400_000);
    expect(await take(NEXT, later)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
  });
});

describe('of statements of a bank that numbers no movement', () => {
  const until = (day: string, text: string) => unnumbered(text).replace(`<ToDtTm>${TODAY}`, `<ToDtTm>${day}`);

  it('one that goes on from the same beginning holds what the other has', async () => {
    const { here, take, debit } = await paid({ people: 2 });
    await take(EVENING, unnumbered(statement([debit('R1')], 'S1')));
    const both = until('2020-09-16', statement([debit('R1'), debit('R2')], 'S2'));
    expect(await take(NEXT, both)).toMatchObject({ lines: 1, open_breaks: {} });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
  });

  it('one that has a debit once more shows a second', async () => {
    const { take, debit } = await paid();
    await take(EVENING, unnumbered(statement([debit('R1')], 'S1')));
    const twice = until('2020-09-16', statement([debit('R1'), debit('R1')], 'S2'));
    expect(await take(NEXT, twice)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
  });

  it('one that begins elsewhere is a person to look at', async () => {
    const { take, debit } = await paid();
    await take(EVENING, unnumbered(statement([debit('R1')], 'S1')));
    const other = until('2020-09-16', statement([debit('R1')], 'S2', 9_999_000));
    expect((await take(NEXT, other)).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });

  it('a payment after one that came back is another, though it begins with the same balance', async () => {
    const { take, debit } = await paid();
    await take(EVENING, unnumbered(statement([debit('R1')], 'S1')));
    await take(EVENING, unnumbered(statement([{ ...debit('R1'), returned: true }], 'S2', 9_400_000)));
    const anew = until('2020-09-16', statement([debit('R1')], 'S3'));
    expect((await take(NEXT, anew)).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });

  it('a day that came back to its beginning proves nothing about what goes on from there', async () => {
    const { take, debit } = await paid();
    await take(EVENING, unnumbered(statement([debit('R1'), { ...debit('R1'), returned: true }], 'S1')));
    const anew = until('2020-09-16', statement([debit('R1')], 'S2'));
    expect((await take(NEXT, anew)).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });

  it('the statement of a day holds what notifications of it have said', async () => {
    const { take, debit } = await paid({ people: 2 });
    for (const person of ['R1', 'R2'])
      await take(EVENING, unnumbered(asNotification(statement([debit(person)], person))));
    const whole = unnumbered(statement([debit('R1'), debit('R2'), debit('R2')], 'S1'));
    expect(await take(NEXT, whole)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
  });

  it('but not of what they said after it was made', async () => {
    const { take, debit } = await paid();
    const noon = unnumbered(statement([debit('R1')], 'S1', 10_000_000, undefined, `${TODAY}T12:00:00+07:00`));
    await take(EVENING, unnumbered(asNotification(statement([debit('R1')], 'N1'))));
    expect((await take(NEXT, noon)).open_breaks).toEqual({ duplicate_debit: 1 });
  });
});

it('two notifications with the same lines and other numbers are two, where the bank numbers no movement', async () => {
  const { take, debit } = await paid();
  const told = (id: string) => unnumbered(asNotification(statement([debit('R1')], id)));
  await take(EVENING, told('N1'));
  expect(await take(NEXT, told('N2'))).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
});

it('a notification whose number and lines the bank uses again at another time is another, where it numbers no movement', async () => {
  const { take, debit } = await paid();
  const told = (hour: number, returned: boolean) =>
    unnumbered(asNotification(statement([{ ...debit('R1'), returned }], 'N1'))).replaceAll('T20:00', `T${hour}:00`);
  await take(EVENING, told(14, false));
  await take(EVENING, told(15, true));
  expect(await take(EVENING, told(16, false))).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
  const again = told(16, false).replace('</Document>', ' </Document>');
  expect(await take(NEXT, again)).toMatchObject({ lines: 0, open_breaks: { duplicate_debit: 1 } });
});

it('a notification that was fetched again under another number is the same, where the bank numbers its movements', async () => {
  const { take, debit } = await paid();
  const told = (id: string) => asNotification(statement([debit('R1')], id));
  await take(EVENING, told('N1'));
  expect(await take(NEXT, told('N2'))).toMatchObject({ lines: 0, open_breaks: {} });
});

it('one file that holds a statement twice holds it once', async () => {
  const { take, debit } = await paid();
  const text = unnumbered(statement([debit('R1')], 'S1'));
  expect(await take(NEXT, inOneFile(text, text))).toMatchObject({ lines: 1, open_breaks: {} });
});

import { expect, it } from 'vitest';
import { isSamePerson } from '../../jobs/person.ts';

it.each([
  ['another case', 'Ayu', 'AYU', true],
  ['blanks around and between', ' ayu  lestari ', 'ayu lestari', true],
  ['a blank that does not break', 'ayu\u00a0lestari', 'ayu lestari', true],
  ['characters that nobody sees', 'a\u200byu\u2060', 'ayu', true],
  ['one letter in two ways', 'andr\u00e9', 'andre\u0301', true],
  ['ss and ß', 'straße', 'STRASSE', true],
  ['somebody else', 'ayu', 'budi', false],
  ['a longer name', 'ayu', 'ayu lestari', false],
])('%s', (_, one, other, same) => {
  expect(isSamePerson(one, other)).toBe(same);
});

import { describe, expect, it } from 'vitest';
import { describeFailure, isOfARecord } from '../../../workers/runtime/failure.ts';

describe('whose fault it is', () => {
  const withCode = (code: string) => Object.assign(new Error('x'), { code });
  it.each([
    [withCode('22003'), true],
    [withCode('23514'), true],
    [withCode('P0001'), true],
    [new TypeError('x is undefined'), true],
    [new Error('3 verdicts, 2 stored'), true],
    [withCode('40001'), false],
    [withCode('53100'), false],
    [withCode('57P01'), false],
    [withCode('ECONNREFUSED'), false],
    [new Error('Connection terminated unexpectedly'), false],
    [new Error('timeout exceeded when trying to connect'), false],
    [new DOMException('stopped', 'AbortError'), false],
  ])('%s', (error, ofARecord) => {
    expect(isOfARecord(error)).toBe(ofARecord);
  });

  it('what is kept of an error has no value of a row in it', () => {
    const invalid = Object.assign(new Error('invalid input syntax for type bigint: "3273011505900001"'), {
      code: '22P02',
    });
    expect(describeFailure(invalid)).not.toMatch(/\d{6}/);
    expect(describeFailure(new SyntaxError('Cannot convert 3273011505900001x to a BigInt'))).not.toMatch(/\d{6}/);
    expect(describeFailure(new Error('the disk is full'))).toBe('the disk is full');
  });
});

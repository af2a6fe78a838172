/** Everything of the draw that is pure: the same in Node and in a visitor's browser. */

export {
  annexLine,
  type DecreeDocument,
  DecreeTally,
  decreeDocumentText,
  decreeFile,
  isParticipant,
  parseDecreeDocument,
} from './annex.ts';
export { largestRemainder } from './apportion.ts';
export { beaconFileName, checkBeacon } from './beacon.ts';
export {
  type Commitment,
  commitmentText,
  type DrawSeed,
  parseCommitment,
  parseSeed,
  seedText,
} from './commitment.ts';
export { type DecreeLine, decreeLines, decreeLineText, parseDecreeLine } from './decree.ts';
export { type Bilingual, type DecreePage, decreePage, isPrintable, pageTexts, pdfTexts } from './decree-page.ts';
export { beaconToCome, drandRound, refusePublished, roundTime } from './drand.ts';
export { draw } from './draw.ts';
export { type Explanation, explain, isRegistrationId } from './explain.ts';
export { type ExplainTexts, explainSentences, explainTexts } from './explain-texts.ts';
export { type Check, drawFile, poolHint } from './files.ts';
export { hexText, LineError } from './lines.ts';
export { NumbersReader, selectionChunks } from './numbers.ts';
export { type DrawRule, findInPool, type Pool, type PoolEntry, poolEntry, poolLine, registrationIdOf } from './pool.ts';
export { PoolBuilder } from './pool-builder.ts';
export { type ProvinceQuota, QuotaReader, quotaCsv, whitelistSeats } from './quota.ts';
export { type DrawResult, explainEntry, resultChunks } from './result.ts';
export { shortfallSentences, shortfalls } from './shortfalls.ts';
export { checkSigned, type OfficeKey, readOfficeKey } from './signature.ts';
export type { DrawSource, Sibling } from './source.ts';
export { type SignedStep, type Sum, signedFiles, signedSteps, sumsText } from './sums.ts';
export { seedOf, TICKET_BYTES, ticketsOf } from './tickets.ts';
export { type OnStep, shareOfAll, type VerifyStep } from './verify/run.ts';
export { type CheckTexts, checkText, checkTexts, isNote } from './verify/texts.ts';
export { type Drawn, type Verified, verifyDraw } from './verify/verify.ts';

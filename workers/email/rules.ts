export { parseAddress } from './address.ts';
export { classifyBounce, enhancedStatus } from './bounce.ts';
export {
  decideEmail,
  type EmailEvent,
  type EmailQuestion,
  givesUpAt,
  nextSendAt,
} from './decide.ts';
export { isDisposable } from './disposable.ts';
export { suggestDomain } from './suggestion.ts';

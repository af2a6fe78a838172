export { type Address, parseAddress } from './address.ts';
export { type BounceClass, classifyBounce, enhancedStatus } from './bounce.ts';
export {
  decideEmail,
  type EmailEvent,
  type EmailEventType,
  type EmailPolicy,
  type EmailQuestion,
  givesUpAt,
  latestEvent,
  nextSendAt,
  type Sends,
} from './decide.ts';
export { isDisposable } from './disposable.ts';
export { suggestDomain } from './suggestion.ts';

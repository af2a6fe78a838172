/** Payout's rules, all pure: what is due, which changes exist, what the bank's answers mean, what a statement proves. */
export * from './answers.ts';
export * from './bulk-answers.ts';
export * from './callbacks.ts';
export * from './due.ts';
export * from './files/judge-status.ts';
export * from './files/pain001.ts';
export * from './files/pain002.ts';
export * from './holder-name.ts';
export * from './inquiry-answers.ts';
export * from './our-faults.ts';
export * from './reconcile.ts';
export * from './reply.ts';
export * from './screen.ts';
export * from './states.ts';

import type { BatchState } from '../db/batch.ts';
import type { VerdictStage } from '../jobs/stages.ts';
import { english } from './texts-en.ts';
import { indonesian } from './texts-id.ts';

export const languages = ['id', 'en'] as const;
export type Language = (typeof languages)[number];

export type FunnelStep =
  | 'registered'
  | 'unique'
  | 'email_verified'
  | 'nik_valid'
  | 'layer3_passed'
  | 'joined'
  | 'participants'
  | 'training'
  | 'completed'
  | 'incentive_recipients';

/** Every sentence of the console; both languages have the same ones. */
export interface Texts {
  readonly title: string;
  readonly readOnly: string;
  readonly skip: string;
  readonly language: string;
  readonly sections: string;
  readonly asOf: (time: string) => string;
  readonly rulesNow: (time: string) => string;
  readonly refresh: { readonly on: (seconds: number) => string; readonly off: string };
  readonly pause: string;
  readonly resume: string;
  readonly reload: string;
  readonly attention: {
    readonly title: string;
    readonly none: string;
    readonly parked: (n: string) => string;
    readonly breaks: (n: string) => string;
    readonly failed: (n: string) => string;
    readonly unknown: (n: string) => string;
    readonly returned: (n: string) => string;
    readonly idle: (duration: string) => string;
    readonly silent: (duration: string) => string;
  };
  readonly funnel: {
    readonly title: string;
    readonly note: string;
    readonly step: string;
    readonly drawing: string;
    readonly count: string;
    readonly share: string;
    readonly paid: string;
    readonly steps: Readonly<Record<FunnelStep, string>>;
  };
  readonly stages: {
    readonly title: string;
    readonly note: string;
    readonly stage: string;
    readonly names: Readonly<Record<VerdictStage, string>>;
    readonly in: string;
    readonly passed: string;
    readonly rejected: string;
    readonly waiting: string;
    readonly parked: string;
    readonly undecided: string;
    readonly perSecond: string;
    readonly eta: string;
    readonly unknown: string;
    readonly done: string;
    /** `forecast`: time left; undefined when it cannot be told, '' when nobody is left to be looked up. */
    readonly registry: (used: string, left: string | undefined, forecast: string | undefined) => string;
    readonly chunks: (ready: string, running: string, failed: string) => string;
  };
  readonly reasons: {
    readonly title: string;
    readonly note: string;
    readonly waiting: string;
    readonly parked: string;
    readonly rejected: string;
    readonly reason: string;
    readonly people: string;
    readonly requeue: string;
    readonly yes: string;
    readonly no: string;
    readonly none: string;
  };
  readonly batches: {
    readonly title: string;
    readonly none: string;
    readonly batch: string;
    readonly state: string;
    readonly states: Readonly<Record<BatchState, string>>;
    readonly joined: string;
    readonly pool: string;
    readonly quota: string;
    readonly selected: string;
    readonly participants: string;
    readonly closes: string;
  };
  readonly payouts: {
    readonly title: string;
    readonly none: string;
    readonly state: string;
    readonly states: Readonly<Record<string, string>>;
    readonly incentive: string;
    readonly survey: string;
    readonly amount: string;
    readonly held: string;
  };
  readonly breaks: {
    readonly title: string;
    readonly none: string;
    readonly type: string;
    readonly types: Readonly<Record<string, string>>;
    readonly count: string;
    readonly amount: string;
    readonly age: string;
    readonly days: (n: string) => string;
  };
  readonly closed: {
    readonly title: string;
    readonly link: string;
    readonly used: string;
    readonly password: string;
    readonly identity: string;
  };
  readonly entered: { readonly title: string; readonly go: string };
  readonly failed: { readonly title: string; readonly text: string };
  readonly notFound: string;
}

export const texts: Readonly<Record<Language, Texts>> = { id: indonesian, en: english };

/** The language of `?lang=`; anything else is Indonesian. */
export function languageOf(asked: string | undefined): Language {
  return asked === 'en' ? 'en' : 'id';
}

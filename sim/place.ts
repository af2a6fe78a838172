import type { Faults } from './faults.ts';

/** Where a counterpart reads its data, writes its log, and which faults it plays. */
export type Place = { readonly data: string; readonly log: string; readonly faults: Faults };

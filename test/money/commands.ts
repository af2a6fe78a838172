import type { ImportKind } from '../../db/import/index.ts';
import type { Bank } from './bank.ts';
import type { Strike } from './plan.ts';

/** What somebody in the office does, as `prakerja` would be told. */
export type Command =
  | { readonly name: 'prepare' | 'fund' }
  | { readonly name: 'release' | 'stop'; readonly run: string }
  | { readonly name: 'submit'; readonly run: string; readonly bulk: boolean; readonly strike?: Strike | undefined }
  | { readonly name: 'file'; readonly run: string; readonly out: string }
  | { readonly name: 'statuses'; readonly file: string }
  | { readonly name: 'reject'; readonly reference: string; readonly confirm: boolean }
  | { readonly name: 'resolve'; readonly strike?: Strike | undefined }
  | { readonly name: 'hold' | 'unhold'; readonly person: number; readonly sameAccount: boolean }
  | { readonly name: 'reconcile'; readonly files: readonly string[] }
  | { readonly name: 'import'; readonly kind: ImportKind; readonly file: string }
  | { readonly name: 'restored'; readonly takenAt: string | undefined; readonly files: boolean };

/** How a command ended: as an exit code, or not, because it was killed or stands still. */
export interface Outcome {
  readonly ended: 0 | 1 | 2 | 3 | 'killed' | 'stalled';
  /** What it said, where it did not go well. */
  readonly said?: string | undefined;
  /** What `--json` gives. */
  readonly json?: unknown;
}

/** Where commands are carried out. */
export interface Place {
  /** Of the database. */
  readonly url: string;
  /** The office's directory. */
  readonly dir: string;
  readonly bank: Bank;
  readonly clock: { readonly now: Date };
}

/** Who carries commands out: in this process (in-process.ts), or each as a process of its own (processes.ts). */
export interface Counter {
  /** Resolves when it has ended, or stands still. */
  carryOut(command: Command): Promise<Outcome>;
  /** The bank's messages are taken at this address from now on; null: nobody listens. */
  listen(): Promise<string | null>;
  /** What stood still goes on; resolves when all of it has ended. */
  wake(): Promise<void>;
  /** From here on only what a command is told to suffer. */
  faultsAreOver(): void;
  /** Ends what is left. */
  close(): Promise<void>;
}

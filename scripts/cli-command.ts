import type { Command } from 'commander';
import type { Report } from './command.ts';

/** A command with an example in its help; options and arguments follow on the returned command. */
export type AddCommand = (parent: Command, usage: string, summary: string, example: string) => Command;

/** Runs what a file under scripts/ exports; the file is only loaded when its command is called. */
export type RunCommand = (load: () => Promise<Report>) => Promise<void>;

import { hasOperators, ownerOf } from '../db/operators.ts';
import { refuse } from '../jobs/errors.ts';
import type { Role } from '../jobs/roles.ts';
import type { Office, OfficeOptions } from '../workers/runtime/office.ts';
import { type Named, type Report, withOffice } from './command.ts';
import { personName } from './options.ts';

/** In whose name a command acts, and what that person must be allowed to do. */
export interface Actor {
  /** As --by gives it; undefined: whoever's token it is. */
  readonly name: string | undefined;
  readonly role: Role;
}

/**
 * Until an operator exists, any name is taken and marked unverified wherever it appears; from then on PRAKERJA_TOKEN
 * must be of the person named, who must have the role.
 * @returns the name to write down
 * @throws exit 2
 */
export async function identify({ db, config }: Office, actor: Actor): Promise<string> {
  const { role } = actor;
  const name = actor.name === undefined ? undefined : personName('--by', actor.name);
  if (!(await hasOperators(db))) return name ?? 'cli';
  if (config.token === undefined) throw refuse('PRAKERJA_TOKEN must hold your token: this office has operators');
  const owner = await ownerOf(db, config.token);
  if (!owner) throw refuse('PRAKERJA_TOKEN is not the token of an operator');
  if (name !== undefined && name !== owner.name)
    throw refuse(`--by says ${name}, and PRAKERJA_TOKEN is another person's: each acts in their own name`);
  if (!owner.roles.includes(role))
    throw refuse(`${owner.name} has the roles ${owner.roles.join(', ')}; this needs ${role}`);
  return owner.name;
}

/** Somebody who acts now: with operators the name is that of a token's owner. */
export async function named({ db }: Office, name: string): Promise<Named> {
  return { name, verified: await hasOperators(db) };
}

/** Runs a command that somebody answers for; `body` gets the office and the name to write down. */
export function inNameOf(
  actor: Actor,
  body: (office: Office, by: string) => Promise<Report>,
  options?: OfficeOptions,
): Promise<Report> {
  return withOffice(async (office) => {
    const by = await named(office, await identify(office, actor));
    return { ...(await body(office, by.name)), by };
  }, options);
}

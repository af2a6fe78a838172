import { randomBytes } from 'node:crypto';
import { audit } from '../db/audit.ts';
import { addOperator, hasOperators, oneChangeAtATime, readOperators, removeOperator } from '../db/operators.ts';
import { refuse } from '../jobs/errors.ts';
import { isPersonName } from '../jobs/person.ts';
import { isRole, type Role, roles } from '../jobs/roles.ts';
import { wibDate } from '../jobs/time.ts';
import { identify } from './actor.ts';
import { done, type Report, withOffice } from './command.ts';
import { personName } from './options.ts';

const TOKEN_BYTES = 24;

/** `operator add NAME --role ROLES`: prints the token, once; only its hash is kept. */
export function add(name: string, options: { role: string; by?: string }): Promise<Report> {
  if (!/^[a-z][a-z0-9._-]{1,63}$/.test(name) || !isPersonName(name))
    throw refuse('NAME must be 2 to 64 lower-case letters, digits, dots or dashes, such as ayu.lestari');
  const given = rolesOf(options.role);
  return withOffice(async (office) => {
    const { db, config } = office;
    const token = `pkj_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const isFirst = await db.transaction().execute(async (tx) => {
      await oneChangeAtATime(tx);
      const first = !(await hasOperators(tx));
      if (first && !given.includes('admin'))
        throw refuse('the first operator must have the role admin: nobody else could add the others');
      const by = first
        ? personName('--by', options.by ?? name)
        : await identify(office, { name: options.by, role: 'admin' });
      // Before the operator is there, so that the first one's own deed is not called verified by it.
      await audit(tx, { who: by, action: 'operator add', subject: name, note: given.join(', ') });
      await addOperator(tx, { name, roles: given, token, by, now: config.now() });
      return first;
    });
    const first = 'From now on every --by must be the owner of PRAKERJA_TOKEN; what was done before stays unverified.';
    return done(
      { name, roles: given, token },
      `${name} is an operator with the roles ${given.join(', ')}.`,
      `PRAKERJA_TOKEN=${token}`,
      'This is shown once: give it to that person and to nobody else.',
      ...(isFirst ? [first] : []),
    );
  });
}

/** `operator remove NAME`: the token opens nothing any more; the name stays theirs. */
export function remove(name: string, options: { by?: string }): Promise<Report> {
  return withOffice(async (office) => {
    const by = await identify(office, { name: options.by, role: 'admin' });
    await office.db.transaction().execute(async (tx) => {
      await removeOperator(tx, name, office.config.now());
      await audit(tx, { who: by, action: 'operator remove', subject: name, note: '' });
    });
    return done({ name, removed: true }, `${name} is no operator any more.`);
  });
}

/** `operator list` */
export function list(): Promise<Report> {
  return withOffice(async ({ db }) => {
    const operators = await readOperators(db);
    const lines = operators.map(({ name, roles: has, added_at, added_by, removed_at }) => {
      const state = removed_at ? `removed on ${wibDate(removed_at)}` : has.join(', ');
      return `${name.padEnd(24)}${state}  (added on ${wibDate(added_at)} by ${added_by})`;
    });
    const none =
      'There are no operators: names are taken as given and marked unverified. "prakerja operator add" changes that.';
    return done({ operators }, ...(lines.length > 0 ? lines : [none]));
  });
}

function rolesOf(text: string): Role[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const wrong = names.find((name) => !isRole(name));
  if (wrong !== undefined) throw refuse(`there is no role "${wrong}"; the roles are ${roles.join(', ')}`);
  return names.filter(isRole);
}

import { audit } from '../../db/audit.ts';
import type { Database } from '../../db/connection.ts';
import { addOperator, removeOperator } from '../../db/operators.ts';
import type { Role } from '../../jobs/roles.ts';

const now = new Date('2020-09-15T12:00:00+07:00');

/** Adds an operator whose token is `pkj_NAME`. */
export function operator({ db }: Database, name: string, role: Role = 'admin'): Promise<void> {
  const one = { name, roles: [role], token: `pkj_${name}`, by: name, now };
  return db.transaction().execute(async (tx) => {
    await audit(tx, { who: name, action: 'operator add', subject: name, note: role });
    await addOperator(tx, one);
  });
}

/** Removes one. */
export function noOperator({ db }: Database, name: string): Promise<void> {
  return db.transaction().execute((tx) => removeOperator(tx, name, now));
}

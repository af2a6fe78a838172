/**
 * What an operator may do. Four eyes are two people's: whoever prepares has `finance` or `operations`, whoever agrees
 * has `approver`, and no command takes one person for both.
 */
export const roles = ['admin', 'operations', 'finance', 'approver'] as const;
export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

import domains from 'disposable-email-domains/index.json' with { type: 'json' };
import wildcards from 'disposable-email-domains/wildcard.json' with { type: 'json' };
import mailchecker from 'mailchecker';
import { getDomain } from 'tldts';
import { commonDomains, foreignProviders } from './domains.ts';

/** The lists disagree (121,970 and 56,359 domains, 146,707 together in November 2026): their union counts. */
const listed: ReadonlySet<string> = new Set([...domains, ...wildcards, ...mailchecker.blacklist()]);

/**
 * Forwarding services that hide a lasting mailbox (the lists name some of them), and the large providers, whatever
 * a future list says: a wrong entry there would reject millions.
 */
const lasting: ReadonlySet<string> = new Set([...commonDomains, ...foreignProviders, 'duck.com', 'mozmail.com']);

/**
 * Whether a domain, or a parent of it down to the registrable one, is a throw-away provider.
 * @param domain in lower case
 */
export function isDisposable(domain: string): boolean {
  if (lasting.has(domain)) return false;
  if (listed.has(domain)) return true;
  const first = domain.indexOf('.');
  if (first === domain.lastIndexOf('.')) return false;
  // Public suffixes stand on the lists too (web.id, my.id): never look above the registrable domain.
  const registrable = getDomain(domain);
  if (registrable === null || registrable === domain || lasting.has(registrable)) return false;
  for (let dot = first; dot !== -1; dot = domain.indexOf('.', dot + 1)) {
    const parent = domain.slice(dot + 1);
    if (parent.length < registrable.length) break;
    if (listed.has(parent)) return true;
  }
  return false;
}

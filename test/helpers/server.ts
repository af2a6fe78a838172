/** The migrated database that every test file clones. */
export const TEMPLATE = 'prakerja_template';

/** The URL of another database on the same server. */
export function withDatabaseName(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.toString();
}

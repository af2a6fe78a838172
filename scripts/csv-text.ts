/** A text of somebody else's as a CSV cell: quoted, and no formula to a spreadsheet that opens it (OWASP, CSV injection). */
export function csvText(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}

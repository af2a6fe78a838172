/**
 * Splits one CSV record that has quotes in it, line by line (RFC 4180): a quoted cell may hold commas, doubled quotes
 * and line ends. Broken: a quote inside an unquoted cell, or anything but a comma after the closing quote.
 */
export class QuotedRecord {
  readonly cells: string[] = [];
  #open = false;
  #cell = '';

  /** Takes the next line of the record; `lineEnd` is put back when a quoted cell goes on in the following line. */
  push(line: string, lineEnd: string): 'done' | 'open' | 'broken' {
    let at = 0;
    for (;;) {
      if (!this.#open) {
        if (line[at] !== '"') {
          const comma = line.indexOf(',', at);
          const cell = line.slice(at, comma < 0 ? line.length : comma);
          if (cell.includes('"')) return 'broken';
          this.cells.push(cell);
          if (comma < 0) return 'done';
          at = comma + 1;
          continue;
        }
        this.#open = true;
        this.#cell = '';
        at++;
      }
      const quote = line.indexOf('"', at);
      if (quote < 0) {
        this.#cell += line.slice(at) + lineEnd;
        return 'open';
      }
      this.#cell += line.slice(at, quote);
      if (line[quote + 1] === '"') {
        this.#cell += '"';
        at = quote + 2;
        continue;
      }
      this.#open = false;
      this.cells.push(this.#cell);
      if (quote + 1 === line.length) return 'done';
      if (line[quote + 1] !== ',') return 'broken';
      at = quote + 2;
    }
  }
}

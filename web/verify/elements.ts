/** An element of page.html. @throws when the page has none by that id, or of another kind */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} ${id}`);
  return element;
}

/** A new element with text or other elements in it: text is never read as HTML, whatever a file holds. */
export function element(name: string, className: string, ...inside: (string | Node)[]): HTMLElement {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...inside);
  return made;
}

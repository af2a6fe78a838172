/** A small piece of a document as a tree: a balance, or one entry. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: string;
  text: string;
  children: XmlNode[];
}

const NO_CHILDREN: XmlNode[] = [];

/** Most elements have no children: they share one empty array, which `addChild` never touches. */
export function newNode(name: string, attributes: string): XmlNode {
  return { name, attributes, text: '', children: NO_CHILDREN };
}

export function addChild(parent: XmlNode, child: XmlNode): void {
  if (parent.children === NO_CHILDREN) parent.children = [child];
  else parent.children.push(child);
}

/** The first descendant along a path of names. */
export function find(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  let at = node;
  for (const name of path) {
    if (at === undefined) return undefined;
    at = childNamed(at, name);
  }
  return at;
}

function childNamed(node: XmlNode, name: string): XmlNode | undefined {
  for (const child of node.children) if (child.name === name) return child;
  return undefined;
}

export function findAll(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/** The trimmed text along a path; null when it is missing or empty. */
export function textAt(node: XmlNode | undefined, ...path: readonly string[]): string | null {
  const text = find(node, ...path)?.text.trim();
  return text === undefined || text === '' ? null : text;
}

/** An amount element's `Ccy`; null when it has none. */
export function currencyOf(node: XmlNode | undefined): string | null {
  return (
    /(?:^|\s)Ccy\s*=\s*(?:"([^"]*)"|'([^']*)')/
      .exec(node?.attributes ?? '')
      ?.slice(1)
      .find((x) => x !== undefined) ?? null
  );
}

/** Where the files of one draw come from: a directory, or what a visitor has chosen in a browser. */
export interface DrawSource {
  /** The pieces of a file from its beginning; undefined when it is not there. May be asked for more than once. */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Bytes of a file; undefined when it is not there. */
  size(name: string): Promise<number | undefined>;
  /** The directories beside this draw's that hold a commitment.json. */
  siblings(): Promise<readonly Sibling[]>;
  /** A new SHA-256: Node's, which is four times as fast, where there is one. */
  sha256(): Hash;
}

export interface Hash {
  update(bytes: Uint8Array): unknown;
  /** Lower-case hex; once, at the end. */
  hex(): string;
}

/** Another attempt at the same batch, perhaps. */
export interface Sibling {
  /** Of its directory. */
  readonly name: string;
  /** Its commitment.json. */
  readonly commitment: Uint8Array;
  /** Whether it has a seed.json. */
  readonly drawn: boolean;
}

/** The moments between which a worker may die, in the order of a chunk's life. */
export const boundaries = ['claimed', 'intended', 'asked', 'saving', 'saved', 'enqueuing', 'acknowledging'] as const;
export type Boundary = (typeof boundaries)[number];

type Listener = (boundary: Boundary, chunkId: string) => void | Promise<void>;
let listener: Listener | undefined;

/** Called by the crash harnesses (test/crash) and by nobody else. */
export function onBoundary(listen: Listener | undefined): void {
  listener = listen;
}

/** Said at each boundary; costs nothing where nobody listens. `chunkId` is empty where several chunks are enqueued. */
export async function reached(boundary: Boundary, chunkId: string): Promise<void> {
  if (listener) await listener(boundary, chunkId);
}

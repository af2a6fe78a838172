import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** Far more than the tests of one run take at once. */
const ROOM_BYTES = 4 * 2 ** 30;

/**
 * Where files are made that nobody keeps: in memory where there is room, else the system's place. A test makes and drops
 * databases of a thousand files each, and ext4 passes over every file that was deleted in the last seconds before it makes
 * one: a third of the machine went into it.
 */
export function placeInMemory(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize >= ROOM_BYTES) return MEMORY;
  } catch {
    // No such place here.
  }
  return tmpdir();
}

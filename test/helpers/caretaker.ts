import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Stops what it was started for and removes its directory. Safe to call twice. */
export interface Caretaker {
  stop(): Promise<void>;
}

/**
 * Waits for the end of its input, which comes when the run closes it and when the run is gone, however it went. Servers
 * are asked to end (INT: no more waiting for sessions) and ended where they do not; what they wrote goes with them.
 * A PostgreSQL that is only being made writes its number with a minus sign.
 */
const SCRIPT = `
cat > /dev/null
stop() {
  pid=$(head -n 1 "$1" 2> /dev/null | tr -d -) && [ -n "$pid" ] || return
  kill -INT "$pid" 2> /dev/null
  tries=0
  while kill -0 "$pid" 2> /dev/null && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
  kill -KILL "$pid" 2> /dev/null
}
stop "$1/pg/postmaster.pid"
stop "$1/redis.pid"
rm -rf "$1"
`;

/**
 * Starts a process of its own that outlives the test run by a moment: a run that is killed leaves no server and no
 * directory behind. There is one way down, the same for a run that ends well.
 */
export function startCaretaker(dir: string): Caretaker {
  const child = spawn('sh', ['-c', SCRIPT, 'caretaker', dir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(child, 'exit');
  return {
    stop: async () => {
      child.stdin.end();
      await gone;
    },
  };
}

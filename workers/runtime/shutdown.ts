/**
 * One signal stops cleanly (chunks end or are handed back), a second one of the same kind ends the process at once:
 * even then nothing is broken, for the leases run out. The exit code of the second is 128 + 2 or 15.
 */
export function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort();
    });
  }
  return controller.signal;
}

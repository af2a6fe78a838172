// Reads the JSON report of vitest (also jest's) and prints "N passed, N failed, N skipped". A file that could not be run
// at all has no tests to count: it counts as one failed. Without a report the run itself failed.
import { readFileSync } from 'node:fs';

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

const report = read(process.argv[2]);
const broken = (report?.testResults ?? []).filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
const passed = report?.numPassedTests ?? 0;
const failed = report ? report.numFailedTests + broken.length : 1;
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);

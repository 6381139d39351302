// Prints `N passed, N failed` over Vitest's JSON reports; exits with 1 where a test failed, or where a report is missing or holds none.
//
//   node tools/checks/count-tests.mjs report.json [report.json ...]
import { existsSync, readFileSync } from 'node:fs';

const counts = process.argv
  .slice(2)
  .map((path) => (existsSync(path) ? countTests(JSON.parse(readFileSync(path, 'utf8'))) : { passed: 0, failed: 0 }));
const sum = (pick) => counts.reduce((total, count) => total + pick(count), 0);
const failed = sum((count) => count.failed);
process.stdout.write(`${sum((count) => count.passed)} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && counts.every(({ passed }) => passed > 0) ? 0 : 1;

/** A file that could not be loaded holds no tests in the report, and counts as one that failed. */
function countTests({ numPassedTests, numFailedTests, testResults }) {
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}

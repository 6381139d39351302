// Prints `N passed, N failed` from Vitest's JSON report; exits with 1 where a test failed or none ran.
//
//   node tools/checks/count-tests.mjs report.json
import { existsSync, readFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
const { passed, failed } = existsSync(path) ? countTests(JSON.parse(readFileSync(path, 'utf8'))) : { passed: 0, failed: 0 };
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** A file that could not be loaded holds no tests in the report, and counts as one that failed. */
function countTests({ numPassedTests, numFailedTests, testResults }) {
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}

// Throws requests at a server of this machine that is made from its OpenAPI document, and holds every answer to the document.
//
//   npx tsx tools/fuzz/http-fuzz.ts --server http://127.0.0.1:8080 [--token T] [--requests 10000] [--seed 1] [--document docs/contracts/openapi.json]
//     [--except operation,...]
//
// Prints how often each operation answered which status. Ends with status 1 and the smallest failing request when an answer is wrong.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ApiDocument } from './api-document';
import { fuzz, requestText, summaryText } from './fuzz';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'http://127.0.0.1:8080' },
    token: { type: 'string' },
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    document: { type: 'string' },
    except: { type: 'string', default: '' },
  },
});

const report = await fuzz({
  server: values.server,
  token: values.token ?? process.env['CFGEN_TOKEN'],
  requests: Number(values.requests),
  seed: Number(values.seed),
  except: values.except.split(','),
  ...(values.document === undefined ? {} : { document: JSON.parse(readFileSync(values.document, 'utf8')) as ApiDocument }),
});
process.stdout.write(`${summaryText(report.answers)}\n\nseed ${report.seed}\n`);
if (report.failure === null) {
  process.stdout.write('every answer fits the document\n');
} else {
  process.stdout.write(`\nFAILED: ${report.failure.problem}\n\n${requestText(report.failure.request)}\n`);
  process.exitCode = 1;
}

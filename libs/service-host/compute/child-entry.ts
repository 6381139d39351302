import { serveCompute } from '@cfgen/jobs';
import { stageDefinitions } from '@cfgen/stages';
import { requireHandlers } from '../boot/checks';
import { runJob } from './run-job';

// A process without a handler for each command never gets ready, and the service that started it does not start.
requireHandlers(Object.values(stageDefinitions).map(({ name, handlers }) => ({ stage: name, commands: Object.keys(handlers) })));
serveCompute(runJob, { now: () => Date.now() });

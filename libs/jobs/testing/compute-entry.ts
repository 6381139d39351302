import { serveCompute } from '../compute/serve-compute';
import { scriptedCompute } from './scripted-compute';

serveCompute(scriptedCompute, { now: Date.now, progressEveryMs: 20 });

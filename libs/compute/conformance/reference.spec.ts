import { createReferenceEngine } from '../index';
import { engineConformance } from './engine-conformance';

engineConformance('reference engine', async (options) => createReferenceEngine(options));

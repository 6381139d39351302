import type { RunRequest } from '@cfgen/contracts';
import type { Transaction } from '@cfgen/persistence';
import { augmentFacts } from './run-facts/augment';
import { evaluateFacts, guideFacts, integrationFacts } from './run-facts/evaluate';
import { generateFacts } from './run-facts/generate';
import { correctFacts, imputeFacts } from './run-facts/moving';
import { importFacts, trainFacts } from './run-facts/train';

/**
 * What a request comes to now: data sets and models as references that never change. Aliases may move afterwards, the run stays.
 *
 * @throws CfgenError NOT_FOUND, MODEL_NOT_FOUND, CONFLICT (a data set that is not ready), LABEL_MISSING, LABEL_UNUSABLE,
 * REQUEST_UNKNOWN_VALUE, REQUEST_INVALID
 */
export async function factsOf(transaction: Transaction, request: RunRequest): Promise<Readonly<Record<string, unknown>>> {
  switch (request.type) {
    case 'train':
      return trainFacts(transaction, request);
    case 'generate':
      return generateFacts(transaction, request);
    case 'evaluate':
      return evaluateFacts(transaction, request);
    case 'import':
      return importFacts(transaction, request);
    case 'augment':
      return augmentFacts(transaction, request);
    case 'correct':
      return correctFacts(transaction, request);
    case 'impute':
      return imputeFacts(transaction, request);
    case 'guide':
      return guideFacts(transaction, request);
    case 'integration':
      return integrationFacts(transaction, request);
  }
}

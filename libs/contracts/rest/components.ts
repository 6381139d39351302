import type { z } from 'zod';
import { errorShape, jsonValueSchema, problemSchema, solverSchema } from '../messages/shapes';
import {
  createdTokenSchema,
  createTokenSchema,
  deadLetterPageSchema,
  deadLetterRecordSchema,
  healthSchema,
  systemSchema,
  tokenPageSchema,
  tokenSchema,
} from './administration';
import { dataSetPageSchema, dataSetSchema, importDataSetSchema } from './data-sets';
import {
  artifactSchema,
  modelAliasPageSchema,
  modelAliasSchema,
  modelAttributeSchema,
  modelDetailsSchema,
  modelPageSchema,
  modelSchema,
  setModelAliasSchema,
} from './models';
import { problemDetailsSchema } from './problem-details';
import {
  augmentRequestSchema,
  correctRequestSchema,
  evaluateRequestSchema,
  generatedCellsSchema,
  generateRequestSchema,
  guideRequestSchema,
  importRequestSchema,
  imputeRequestSchema,
  integrationRequestSchema,
  runRequestSchema,
  trainRequestSchema,
} from './run-requests';
import { presignedSchema, runPageSchema, runProgressSchema, runSchema, runStageSchema } from './runs';

/** Shapes that have a name in the OpenAPI document, and in the client made from it. */
export const components: Readonly<Record<string, { readonly schema: z.ZodType; readonly description: string }>> = {
  Artifact: { schema: artifactSchema, description: 'A file of a model or of a run.' },
  CreatedToken: { schema: createdTokenSchema, description: 'A new token with its secret, which is shown this once.' },
  CreateToken: { schema: createTokenSchema, description: 'A token to create; without `expiresAt` it holds until it is revoked.' },
  DataSet: { schema: dataSetSchema, description: 'A file that was uploaded or imported. Only a `ready` one can be used by a run.' },
  DataSetPage: { schema: dataSetPageSchema, description: 'A page of data sets.' },
  DeadLetter: { schema: deadLetterRecordSchema, description: 'A message that nobody could read, and why.' },
  DeadLetterPage: { schema: deadLetterPageSchema, description: 'A page of such messages.' },
  ErrorDetails: { schema: errorShape, description: 'Why something failed: a stable code, a message that names what was found, a hint.' },
  ImportRequest: { schema: importRequestSchema, description: "Makes a model from a checkpoint of the authors' PyTorch code." },
  AugmentRequest: { schema: augmentRequestSchema, description: 'Tops up the rare labels of a data set with generated cells.' },
  CorrectRequest: { schema: correctRequestSchema, description: 'Brings the cells of a data set into one batch.' },
  EvaluateRequest: { schema: evaluateRequestSchema, description: 'Compares generated cells with real ones.' },
  GeneratedCells: { schema: generatedCellsSchema, description: 'Cells to judge: what a run generated, or a data set.' },
  GenerateRequest: { schema: generateRequestSchema, description: 'Draws new cells from a model, named by its id or an alias.' },
  GuideRequest: {
    schema: guideRequestSchema,
    description: 'Generates cells with every choice of guidance weights of a grid, and says which to use.',
  },
  Health: { schema: healthSchema, description: 'What was asked for its health, and what it answered.' },
  ImportDataSet: { schema: importDataSetSchema, description: 'Imports a file that lies in the object store already.' },
  ImputeRequest: { schema: imputeRequestSchema, description: 'Expected counts of every gene of the cells of a data set.' },
  IntegrationRequest: {
    schema: integrationRequestSchema,
    description: 'Scores how well embeddings mix batches and keep labels apart.',
  },
  JsonValue: { schema: jsonValueSchema, description: 'Any JSON value.' },
  Model: { schema: modelSchema, description: 'A trained model. It never changes; aliases do.' },
  ModelAlias: { schema: modelAliasSchema, description: 'A name that points at a model and can be moved.' },
  ModelAliasPage: { schema: modelAliasPageSchema, description: 'A page of aliases.' },
  ModelAttribute: {
    schema: modelAttributeSchema,
    description: 'A column that a model was trained with; categories in the order of their codes.',
  },
  ModelDetails: { schema: modelDetailsSchema, description: 'A model with its card, settings, losses and provenance.' },
  ModelPage: { schema: modelPageSchema, description: 'A page of models.' },
  Presigned: { schema: presignedSchema, description: 'A URL that anyone can read for a while.' },
  Problem: { schema: problemSchema, description: 'Something usable that the user has to be told about.' },
  ProblemDetails: { schema: problemDetailsSchema, description: 'Error answer (RFC 9457).' },
  Run: {
    schema: runSchema,
    description: 'A training, a generation, an evaluation or another piece of work: where it stands and what it made.',
  },
  RunPage: { schema: runPageSchema, description: 'A page of runs.' },
  RunProgress: { schema: runProgressSchema, description: 'Where a run stands between two changes of its state; may be lost.' },
  RunRequest: { schema: runRequestSchema, description: 'What a run is asked to do.' },
  RunStage: { schema: runStageSchema, description: 'One step of a run: all jobs of one command.' },
  SetModelAlias: { schema: setModelAliasSchema, description: 'The model that an alias is to point at.' },
  Solver: { schema: solverSchema, description: 'How latents are drawn.' },
  System: { schema: systemSchema, description: 'What a server is, and what it is made of.' },
  Token: { schema: tokenSchema, description: 'A token, without its secret.' },
  TokenPage: { schema: tokenPageSchema, description: 'A page of tokens.' },
  TrainRequest: { schema: trainRequestSchema, description: 'Learns a model from a data set.' },
};

import type { GenerateRequest } from '@cfgen/contracts';
import type { Transaction } from '@cfgen/persistence';
import { defaultChunkCells, type GenerateFacts } from '../../runs/definitions/generate';
import { checkConditions } from './checks';
import { requireModel, optionalDataSet } from './references';

export async function generateFacts(transaction: Transaction, request: GenerateRequest): Promise<GenerateFacts> {
  const model = await requireModel(transaction, request.model);
  checkConditions(model, request);
  const like = await optionalDataSet(transaction, request.like, 'cells', 'like');
  const librarySizes = await optionalDataSet(transaction, request.librarySizeFrom, 'cells', 'librarySizeFrom');
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  return {
    name: 'synthetic',
    modelId: model.id,
    model: { ...model.ref, name: 'model' },
    ...(request.cells === undefined ? {} : { cells: request.cells }),
    chunkCells: request.chunkCells ?? defaultChunkCells,
    where: request.where,
    guidance: request.guidance,
    ...(Object.keys(request.covariateValues).length === 0 ? {} : { covariates: request.covariateValues }),
    ...(request.solver === undefined ? {} : { solver: request.solver }),
    ...(request.librarySize === undefined ? {} : { librarySize: request.librarySize }),
    ...(like === undefined ? {} : { like }),
    ...(split === undefined ? {} : { split }),
    ...(librarySizes === undefined ? {} : { librarySizes }),
    seed: request.seed,
    output: request.output,
    latents: request.latents,
    compression: request.compression,
    ...(request.level === undefined ? {} : { level: request.level }),
    ...(request.format === undefined ? {} : { format: request.format }),
    ...(request.zarrFormat === undefined ? {} : { zarrFormat: request.zarrFormat }),
    ...(request.profile === undefined ? {} : { profile: request.profile }),
  };
}

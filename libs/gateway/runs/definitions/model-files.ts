import { blobRefSchema, type BlobRef } from '@cfgen/contracts';
import { z } from 'zod';
import type { RunArtifact, RunView } from './run-definition';

/** A model in the blob store: its files by name (cfgen.model.v1). */
export const modelManifestSchema = z.object({ files: z.array(z.object({ name: z.string(), ref: blobRefSchema })) });

/** The files of a model as artifacts; none while its manifest is unread. */
export function modelFilesOf(model: BlobRef, view: RunView): readonly RunArtifact[] {
  const content = view.content(model);
  if (content === undefined) return [];
  return modelManifestSchema.parse(content).files;
}

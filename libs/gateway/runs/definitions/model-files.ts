import { modelManifestSchema, type BlobRef } from '@cfgen/contracts';
import type { RunArtifact, RunView } from './run-definition';

/** The files of a model as artifacts; none while its manifest is unread. */
export function modelFilesOf(model: BlobRef, view: RunView): readonly RunArtifact[] {
  const content = view.content(model);
  if (content === undefined) return [];
  return Object.entries(modelManifestSchema.parse(content).files).map(([name, ref]) => ({ name, ref }));
}

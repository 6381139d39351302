import { createFolderStore, createS3Store, type BlobStore } from '@cfgen/storage';
import type { Configuration } from '../configuration/configuration';

/** The blob store alone: all that a compute child opens. */
export function openBlobs(configuration: Pick<Configuration, 'profile' | 'dataDir' | 's3' | 'imports'>): BlobStore {
  const now = (): number => Date.now();
  const { s3, dataDir, imports } = configuration;
  return configuration.profile === 'embedded'
    ? createFolderStore({ folder: dataDir, now, importFolders: imports })
    : createS3Store({ ...s3, now, importBuckets: imports, createBucket: true });
}

import { basename } from 'node:path';
import { readFrame } from '../anndata/read-frame';
import { featureGroups } from '../dataset/feature-groups';
import type { DataFrame } from '../frames/column';
import type { Hdf5File } from '../hdf5/hdf5-file';
import { isMuData, openMuData } from '../mudata/open-mudata';
import { detectContainer } from '../opening/detect-format';
import { withHdf5, workingRoom, type OpenOptions } from '../opening/open-source';
import { tenxFolderFeatures } from '../tenx/open-tenx-folder';
import { isTenxHdf5, tenxFeatures } from '../tenx/open-tenx-hdf5';
import { withZarrFeatures } from '../zarr/open-zarr';
import { zarrFiles } from '../zarr/reading/zarr-files';

/** `multimodal`: a file with both RNA and ATAC, for `openMultimodal`. `single`: anything else, for `openDataset`. */
export type MultimodalKind = 'single' | 'multimodal';

/** Whether a file holds both RNA and ATAC: see {@link modalitiesOf}. */
export async function multimodalKind(path: string, options: ModalityOptions = {}): Promise<MultimodalKind> {
  const modalities = await modalitiesOf(path, options);
  return modalities.includes('rna') && modalities.includes('atac') ? 'multimodal' : 'single';
}

export type ModalityOptions = Pick<OpenOptions, 'name' | 'tempFolder' | 'unpackLimit'>;

/**
 * Modalities of a file (`rna`, `atac`, ...), from the names and types of its features alone: no counts are read. A file that says nothing
 * about the type of its features counts as `rna`. Throws for what is no file of counts at all, as `openDataset` does.
 */
export async function modalitiesOf(path: string, options: ModalityOptions = {}): Promise<readonly string[]> {
  const name = options.name ?? basename(path);
  const container = detectContainer(path, name);
  const modalities = (features: DataFrame): string[] => featureGroups(features).map(({ modality }) => modality);
  if (container === '10x-folder') return modalities(await tenxFolderFeatures(path));
  if (container === 'zarr' || container === 'zip') {
    return withZarrFeatures(zarrFiles(path, container, name), name, workingRoom(options), modalities);
  }
  return withHdf5(path, options, (file, source) => {
    const found = modalitiesInHdf5(file, () => openMuData(file, { ...source, close: () => undefined }).modalities);
    source.close();
    return found;
  });
}

function modalitiesInHdf5(file: Hdf5File, ofMuData: () => readonly string[]): readonly string[] {
  if (isMuData(file)) return ofMuData();
  if (file.kind('var') !== undefined) return featureGroups(readFrame(file, 'var')).map(({ modality }) => modality);
  return isTenxHdf5(file) ? featureGroups(tenxFeatures(file)).map(({ modality }) => modality) : ['rna'];
}

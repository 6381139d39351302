import { CfgenError } from '@cfgen/contracts';
import { openAnnData, type OpenedFrom } from '../anndata/open-anndata';
import type { DatasetParts } from '../dataset/dataset';
import type { Hdf5File } from '../hdf5/hdf5-file';
import type { WorkingRoom } from '../temporary/working-room';
import { isTenxHdf5, openTenxHdf5 } from '../tenx/open-tenx-hdf5';

/** Tells the formats inside HDF5 apart by their content, and opens the one found. */
export function openHdf5(file: Hdf5File, source: OpenedFrom, layer: string | undefined, room: WorkingRoom): DatasetParts {
  const members = file.members('');
  if (file.textAttribute('', 'encoding-type') === 'MuData' || (members.includes('mod') && !members.includes('X'))) throw muData(file);
  if (members.includes('matrix') && members.includes('row_attrs') && members.includes('col_attrs')) throw loom(file);
  if (!members.includes('obs') && isTenxHdf5(file)) return openTenxHdf5(file, source, room);
  return openAnnData(file, source, layer, room);
}

function muData(file: Hdf5File): CfgenError {
  const found = file.kind('mod') === 'group' ? file.members('mod') : [];
  const rna = found.includes('rna');
  return new CfgenError(
    'INPUT_UNSUPPORTED',
    `${file.name} is a MuData file (modalities: ${found.join(', ') || 'none'}), which is not read yet${rna ? '' : '; it has no rna modality'}`,
    {
      hint: `extract ${rna ? 'the RNA modality' : 'one modality'} in Python: mudata.read('file.h5mu')['${rna ? 'rna' : (found[0] ?? 'rna')}'].write('${rna ? 'rna' : (found[0] ?? 'rna')}.h5ad')`,
      details: { file: file.name, format: 'h5mu', modalities: found },
    },
  );
}

function loom(file: Hdf5File): CfgenError {
  return new CfgenError('INPUT_UNSUPPORTED', `${file.name} is a Loom file, which is not read yet`, {
    hint: "save it as .h5ad in Python: anndata.io.read_loom('file.loom').write_h5ad('file.h5ad', compression='gzip')",
    details: { file: file.name, format: 'loom' },
  });
}

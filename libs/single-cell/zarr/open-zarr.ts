import { CfgenError } from '@cfgen/contracts';
import { chooseCounts } from '../anndata/choose-counts';
import { embeddingsOf } from '../anndata/embeddings';
import { readFrame } from '../anndata/read-frame';
import type { DatasetParts } from '../dataset/dataset';
import type { DataFrame } from '../frames/column';
import type { WorkingRoom } from '../temporary/working-room';
import { NotLoaded, ZarrFile } from './reading/zarr-file';
import type { ZarrFiles } from './reading/zarr-files';

/** The store as the user gave it. */
export interface ZarrSource {
  readonly path: string;
  readonly name: string;
}

/** What an AnnData store holds. Everything of it that is read later is unpacked now. The files are closed when this throws. */
export async function openZarr(files: ZarrFiles, source: ZarrSource, layer: string | undefined, room: WorkingRoom): Promise<DatasetParts> {
  const file = new ZarrFile(files, source.name, room);
  try {
    requireAnnData(file);
    for (const frame of ['obs', 'var', 'raw/var']) await file.load(frame);
    const { obs, counts } = await unpacking(file, () => {
      const cells = readFrame(file, 'obs');
      return { obs: cells, counts: chooseCounts(file, cells, layer, room) };
    });
    for (const frame of [obs, counts.var]) requireNames(file, frame);
    await file.load(counts.matrix.where);
    return {
      ...{ path: source.path, name: source.name, format: 'zarr', formatDetail: `AnnData in Zarr ${file.format}` },
      ...{ bytes: files.bytes, files: files.paths, obs, var: counts.var, matrix: counts.matrix, countsAt: counts.matrix.where },
      problems: [],
      ...(counts.scan ? { scan: counts.scan } : {}),
      embeddings: embeddingsOf(file, obs.length, (path) => file.load(path)),
      room,
      close: () => file.close(),
    };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

/** What `read` makes of the features of a store; no counts are read. The files are closed. */
export async function withZarrFeatures<Result>(
  files: ZarrFiles,
  name: string,
  room: WorkingRoom,
  read: (features: DataFrame) => Result,
): Promise<Result> {
  const file = new ZarrFile(files, name, room);
  try {
    requireAnnData(file);
    await file.load('var');
    return read(readFrame(file, 'var'));
  } finally {
    file.close();
  }
}

/** The result of `work`, which is done again each time it meets an array that has to be unpacked first. */
async function unpacking<Result>(file: ZarrFile, work: () => Result): Promise<Result> {
  for (;;) {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof NotLoaded)) throw cause;
      await file.load(cause.path);
    }
  }
}

function requireAnnData(file: ZarrFile): void {
  const members = file.members('');
  if (members.includes('mod')) {
    throw new CfgenError('INPUT_UNSUPPORTED', `${file.name} is a MuData store in Zarr, which is not read yet`, {
      hint: "save it as .h5mu in Python: mudata.read_zarr('store.zarr').write('file.h5mu')",
      details: { file: file.name, format: 'zarr' },
    });
  }
  const missing = ['obs', 'var'].filter((name) => !members.includes(name));
  if (missing.length === 0) return;
  const found = members.length === 0 ? 'nothing' : members.slice(0, 10).join(', ');
  throw new CfgenError(
    members.includes('X') || missing.length === 1 ? 'INPUT_INCOMPLETE' : 'INPUT_FORMAT',
    `${file.name} is a Zarr store, but no whole AnnData: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing; found: ${found}`,
    { hint: 'save it again with anndata', details: { file: file.name, found: members } },
  );
}

/** Chunks that are not stored hold empty names: a sign that a file of the store was lost. */
function requireNames(file: ZarrFile, frame: DataFrame): void {
  const nameless = frame.names.reduce((sum, name) => sum + (name === '' ? 1 : 0), 0);
  if (nameless < 2) return;
  throw file.damaged(`${nameless.toLocaleString('en-US')} of ${frame.length.toLocaleString('en-US')} names in ${frame.where} are missing`);
}

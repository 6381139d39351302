import { CfgenError } from '@cfgen/contracts';
import { embeddingsOf, type Embeddings } from '../anndata/embeddings';
import { openAnnData, type OpenedFrom } from '../anndata/open-anndata';
import { readFrame } from '../anndata/read-frame';
import type { DatasetParts } from '../dataset/dataset';
import { modalityName } from '../dataset/feature-groups';
import type { Column, DataFrame } from '../frames/column';
import type { Hdf5File } from '../hdf5/hdf5-file';
import type { WorkingRoom } from '../temporary/working-room';
import { mergeEmbeddings, selectEmbeddings } from './merge-embeddings';
import { mergeObs, type ObsSource } from './merge-obs';

/** What lies beside the modalities, for chosen cells. */
export interface SharedObs {
  readonly columns: readonly ObsSource[];
  /** Columns that were copied from modalities. */
  readonly copies: readonly ObsSource[];
  readonly embeddings: readonly Embeddings[];
}

/** An open MuData file, before one of its modalities is chosen. */
export interface MuData {
  readonly kind: 'mudata';
  readonly name: string;
  /** Modalities as they are called here (`rna`, `atac`, ...), in the file's order. */
  readonly modalities: readonly string[];
  /**
   * One modality with all its cells, its own var, and its own obs.
   * @param layer layer that holds the counts
   */
  open(modality: string, layer: string | undefined, room: WorkingRoom): DatasetParts;
  /** The obs beside the modalities, for the cells with these names: its columns, and those that it copied from modalities (`rna:...`). */
  shared(names: readonly string[]): SharedObs;
  /** For each cell of the shared obs its row in a modality, -1 where it is not in there; undefined where the file does not say. */
  rows(modality: string): Int32Array | undefined;
  close(): void;
}

export function isMuData(file: Hdf5File): boolean {
  const members = file.members('');
  return file.textAttribute('', 'encoding-type') === 'MuData' || (members.includes('mod') && !members.includes('X'));
}

/**
 * Opens MuData: one AnnData a modality under `mod`, and what they share beside it.
 * https://mudata.readthedocs.io/en/latest/io/spec.html
 */
export function openMuData(file: Hdf5File, source: OpenedFrom): MuData {
  requireSharedCells(file);
  const members = modalityMembers(file);
  const names = new Map<string, string>();
  for (const member of members) {
    const name = modalityName(member);
    if (names.has(name)) {
      throw new CfgenError('INPUT_FORMAT', `${file.name} has two modalities that are ${name}: ${names.get(name)} and ${member}`, {
        hint: 'keep one of them in the file',
        details: { file: file.name, modalities: members },
      });
    }
    names.set(name, member);
  }
  const memberOf = (modality: string): string => {
    const member = names.get(modality) ?? (members.includes(modality) ? modality : undefined);
    if (member !== undefined) return member;
    const usual = modality === 'rna' || modality === 'atac';
    throw new CfgenError(
      usual ? 'INPUT_INCOMPLETE' : 'REQUEST_UNKNOWN_VALUE',
      `${file.name} has no ${modality} modality; found: ${members.join(', ') || 'none'}`,
      { hint: 'name one of the modalities of the file', details: { file: file.name, modality, modalities: members } },
    );
  };
  return {
    kind: 'mudata',
    name: source.name,
    modalities: [...names.keys()],
    shared: (names) => shared(file, members, names),
    open: (modality, layer, room) => openMember(file, source, modality, memberOf(modality), layer, room),
    rows: (modality) => mappedRows(file, memberOf(modality)),
    close: source.close,
  };
}

/** One modality alone: all its cells, with the columns of the obs beside the modalities and its own. */
export function modalityAlone(mudata: MuData, modality: string, layer: string | undefined, room: WorkingRoom): DatasetParts {
  const parts = mudata.open(modality, layer, room);
  const { columns: above, copies, embeddings } = mudata.shared(parts.obs.names);
  const { columns, problems } = mergeObs([
    ...above,
    { from: modality, frame: parts.obs },
    ...copies.filter(({ from }) => from === modality),
  ]);
  return {
    ...parts,
    obs: { ...parts.obs, where: 'obs', columns },
    embeddings: mergeEmbeddings(parts.name, [...(parts.embeddings ? [parts.embeddings] : []), ...embeddings]),
    problems: [...parts.problems, ...problems],
  };
}

/** mudata before 0.3 copied every column of a modality to the shared obs as `rna:name`; it still does so when asked to. */
function shared(file: Hdf5File, members: readonly string[], names: readonly string[]): SharedObs {
  if (file.kind('obs') === undefined) return { columns: [], copies: [], embeddings: [] };
  const obs = readFrame(file, 'obs');
  const rows = rowsByName(obs, names);
  const source = (from: string, columns: readonly Column[]): ObsSource => ({ from, frame: { ...obs, columns }, ...(rows ? { rows } : {}) });
  const copiedFrom = (name: string): string | undefined => members.find((member) => name.startsWith(`${member}:`));
  return {
    columns: [
      source(
        'obs',
        obs.columns.filter(({ name }) => copiedFrom(name) === undefined),
      ),
    ],
    embeddings: [sharedEmbeddings(file, members, obs.length, rows)],
    copies: members.map((member) => ({
      ...source(
        modalityName(member),
        obs.columns
          .filter(({ name }) => copiedFrom(name) === member)
          .map((column) => ({ ...column, name: column.name.slice(member.length + 1) })),
      ),
      copies: true,
    })),
  };
}

/** The obsm beside the modalities; its entries that are called like a modality only tell which cells that has. */
function sharedEmbeddings(file: Hdf5File, members: readonly string[], cells: number, rows: Int32Array | undefined): Embeddings {
  const all = embeddingsOf(file, cells);
  const embeddings = { ...all, names: all.names.filter((name) => !members.includes(name)) };
  return rows === undefined ? embeddings : selectEmbeddings(file.name, embeddings, rows);
}

/** Row of the frame for each name, -1 where there is none or several have it; undefined when the names are the frame's. */
function rowsByName(frame: DataFrame, names: readonly string[]): Int32Array | undefined {
  if (names.length === frame.length && names.every((name, i) => name === frame.names[i])) return undefined;
  const rows = new Map<string, number>();
  for (const [row, name] of frame.names.entries()) rows.set(name, rows.has(name) ? -1 : row);
  return Int32Array.from(names, (name) => rows.get(name) ?? -1);
}

function openMember(
  file: Hdf5File,
  source: OpenedFrom,
  modality: string,
  member: string,
  layer: string | undefined,
  room: WorkingRoom,
): DatasetParts {
  const parts = openAnnData(file.within(`mod/${member}`, `${source.name} (${member})`), source, layer, room);
  return {
    ...parts,
    format: 'h5mu',
    formatDetail: `MuData, modality ${member}`,
    countsAt: `mod/${member}/${parts.countsAt}`,
    modality: modalityName(modality),
    close: () => undefined,
  };
}

/** MuData may also hold data sets with the same features and other cells (axis 1): nothing here joins those. */
function requireSharedCells(file: Hdf5File): void {
  if (Number(file.attribute('', 'axis') ?? 0) !== 1) return;
  throw new CfgenError('INPUT_UNSUPPORTED', `${file.name}: the parts of this MuData file share features, not cells (axis 1)`, {
    hint: "save one part, in Python: mudata.read('file.h5mu')['part'].write('part.h5ad')",
    details: { file: file.name, axis: 1 },
  });
}

/** Names under `mod`, in the order the file gives. */
function modalityMembers(file: Hdf5File): readonly string[] {
  if (file.kind('mod') !== 'group') return [];
  const members = file.members('mod');
  const order = file.attribute('mod', 'mod-order');
  if (!Array.isArray(order)) return members;
  return [...order.filter((name) => members.includes(name)), ...members.filter((name) => !order.includes(name))];
}

/** `obsmap` holds for each shared cell its row plus one, 0 where the modality lacks it. */
function mappedRows(file: Hdf5File, member: string): Int32Array | undefined {
  const path = `obsmap/${member}`;
  if (file.kind(path) !== 'array') return undefined;
  const array = file.array(path);
  if (array.kind !== 'integer' || array.shape.length > 2) throw file.damaged(`${path} holds no row numbers`);
  const count = array.shape.map((extent, axis) => (axis === 0 ? extent : 1));
  return Int32Array.from(
    file.readNumbers(
      array,
      count.map(() => 0),
      count,
    ),
    (row) => row - 1,
  );
}

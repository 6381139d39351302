import { CfgenError, type Problem } from '@cfgen/contracts';
import type { Embeddings } from '../anndata/embeddings';
import { Dataset, type DatasetParts } from '../dataset/dataset';
import { featureGroups } from '../dataset/feature-groups';
import { selectModality } from '../dataset/select-modality';
import type { DataFrame } from '../frames/column';
import { selectMatrixRows } from '../matrix/row-selection';
import { mergeEmbeddings, selectEmbeddings } from '../mudata/merge-embeddings';
import { mergeObs, type ObsSource } from '../mudata/merge-obs';
import { modalityAlone, type MuData, type SharedObs } from '../mudata/open-mudata';
import { closingOnError } from '../opening/open-dataset';
import type { Opened } from '../opening/open-hdf5';
import { openSource, workingRoom, type OpenOptions } from '../opening/open-source';
import type { WorkingRoom } from '../temporary/working-room';
import { joinCells, type JoinedCells } from './join-cells';
import { lastOf, sharedMatrix } from './shared-matrix';

/** RNA and ATAC of the same cells. Row i of both is the same cell, and both have the same obs; each has its own var. */
export interface MultimodalDataset {
  readonly rna: Dataset;
  readonly atac: Dataset;
  /** What the user has to be told about either; grows as more is read. */
  readonly problems: readonly Problem[];
  /** Closes both. */
  close(): void;
}

export interface MultimodalOptions extends Omit<OpenOptions, 'modality'> {
  /** Second file of a pair: the first holds RNA, this one ATAC. */
  readonly atac?: string;
  /** Name of the second file for messages and provenance. */
  readonly atacName?: string;
  /** Layer that holds the counts of ATAC where modalities are apart (`layer` is for RNA then). */
  readonly atacLayer?: string;
}

/**
 * Opens RNA and ATAC counts of the same cells: MuData `.h5mu`, 10x multiome `.h5` or folder, AnnData with both kinds of features
 * (var column `feature_types`), or a pair of files. Both are restricted to the cells they share, in the order of RNA; what is left out is told.
 * Labels are found by their plain name in the obs beside the modalities, then in that of RNA, then in that of ATAC.
 * The content hash of either covers both. Memory and temporary files as for `openDataset`, half for each modality.
 *
 * @example
 * const { rna, atac, problems, close } = await openMultimodal('bmmc.h5mu');
 */
export async function openMultimodal(path: string, options: MultimodalOptions = {}): Promise<MultimodalDataset> {
  const room = workingRoom(options, 2);
  const first = await openSource(path, options, room);
  if (options.atac === undefined) {
    return first.kind === 'mudata' ? multimodalOfMuData(first, options, room) : ofOneMatrix(first.parts);
  }
  const { atac, atacName, atacLayer, name: _first, layer: _layer, ...rest } = options;
  const own = { ...rest, ...(atacName === undefined ? {} : { name: atacName }), ...(atacLayer === undefined ? {} : { layer: atacLayer }) };
  let second: Opened;
  try {
    second = await openSource(atac, own, room);
  } catch (cause) {
    closeOpened(first);
    throw cause;
  }
  return ofPair(first, second, options, room);
}

/** RNA and ATAC of an open MuData file, which is closed when this throws. */
export function multimodalOfMuData(
  mudata: MuData,
  options: Pick<MultimodalOptions, 'layer' | 'atacLayer'>,
  room: WorkingRoom,
): MultimodalDataset {
  return closingOnError(mudata.close, () => {
    const rna = mudata.open('rna', options.layer, room);
    return closingOnError(
      () => rna.matrix.close(),
      () => {
        const atac = mudata.open('atac', options.atacLayer, room);
        const close = lastOf(2, mudata.close);
        const pairs = (): [Int32Array, Int32Array] | undefined => {
          const [first, second] = [mudata.rows('rna'), mudata.rows('atac')];
          return first && second && first.length === second.length ? [first, second] : undefined;
        };
        return closingOnError(
          () => atac.matrix.close(),
          () => join(mudata.name, { ...rna, close }, { ...atac, close }, ['rna', 'atac'], pairs, room, (names) => mudata.shared(names)),
        );
      },
    );
  });
}

/** Features of both kinds in one matrix: the cells are the same anyway. */
function ofOneMatrix(parts: DatasetParts): MultimodalDataset {
  const closeMatrix = lastOf(2, () => parts.matrix.close());
  const shared = { ...parts, matrix: sharedMatrix(parts.matrix, closeMatrix), close: lastOf(2, () => parts.close()) };
  return closingOnError(
    () => closeParts(parts),
    () => {
      requireBoth(parts);
      return both(new Dataset(withOthersTold(selectModality(shared, 'rna'), parts)), new Dataset(selectModality(shared, 'atac')));
    },
  );
}

function ofPair(first: Opened, second: Opened, options: MultimodalOptions, room: WorkingRoom): MultimodalDataset {
  const closeBoth = (): void => {
    closeOpened(first);
    closeOpened(second);
  };
  return closingOnError(closeBoth, () => {
    const rna = oneModality(first, 'rna', options.layer, room);
    const atac = oneModality(second, 'atac', options.atacLayer, room);
    const files = [...rna.files, ...atac.files];
    const called: [string, string] = rna.name === atac.name ? ['rna', 'atac'] : [rna.name, atac.name];
    const name = rna.name === atac.name ? rna.name : `${rna.name} and ${atac.name}`;
    return join(name, { ...rna, files }, { ...atac, files }, called, () => undefined, room);
  });
}

/** The modality of a file of its own; a file that does not say what its features are is taken at its word. */
function oneModality(opened: Opened, modality: string, layer: string | undefined, room: WorkingRoom): DatasetParts {
  if (opened.kind === 'mudata') return { ...modalityAlone(opened, modality, layer, room), close: opened.close };
  const { name } = opened.parts;
  const found = featureGroups(opened.parts.var, modality).map((group) => group.modality);
  if (!found.includes(modality)) {
    throw new CfgenError('INPUT_INCOMPLETE', `${name} holds ${found.join(' and ')}, not ${modality}`, {
      hint: 'of a pair, the first file holds RNA and the second ATAC',
      details: { file: name, modality, found },
    });
  }
  return selectModality({ ...opened.parts, modality }, modality);
}

function join(
  name: string,
  rna: DatasetParts,
  atac: DatasetParts,
  called: readonly [string, string],
  pairs: () => [Int32Array, Int32Array] | undefined,
  room: WorkingRoom,
  above: (names: readonly string[]) => SharedObs = () => ({ columns: [], copies: [], embeddings: [] }),
): MultimodalDataset {
  const cells = joinCells(name, { called: called[0], names: rna.obs.names }, { called: called[1], names: atac.obs.names }, pairs);
  const names = Array.from(cells.first, (row) => rna.obs.names[row]);
  const { columns: shared, copies, embeddings } = above(names);
  const own: ObsSource[] = [
    { from: 'rna', frame: rna.obs, rows: cells.first },
    { from: 'atac', frame: atac.obs, rows: cells.second },
  ];
  const merged = mergeObs([...shared, ...own, ...copies.filter(({ from }) => from === 'rna' || from === 'atac')]);
  const obs: DataFrame = { where: 'obs', length: names.length, names, invalidNames: rna.obs.invalidNames, columns: merged.columns };
  const problems = [...rna.problems, ...cells.problems, ...merged.problems];
  return both(
    new Dataset({ ...restricted(rna, cells.first, obs, embeddings, room), problems }),
    new Dataset(restricted(atac, cells.second, obs, embeddings, room)),
  );
}

/** Some cells of a modality; embeddings are its own, then those beside the modalities. */
function restricted(
  parts: DatasetParts,
  rows: JoinedCells['first'],
  obs: DataFrame,
  shared: readonly Embeddings[],
  room: WorkingRoom,
): DatasetParts {
  const { scan, ...rest } = parts;
  const matrix = selectMatrixRows(parts.matrix, rows, room);
  const own = parts.embeddings ? [selectEmbeddings(parts.name, parts.embeddings, rows)] : [];
  const embeddings = mergeEmbeddings(parts.name, [...own, ...shared]);
  return { ...rest, obs, matrix, embeddings, ...(scan && matrix === parts.matrix ? { scan } : {}) };
}

function requireBoth(parts: DatasetParts): void {
  const found = featureGroups(parts.var).map(({ modality }) => modality);
  if (found.includes('rna') && found.includes('atac')) return;
  throw new CfgenError('INPUT_INCOMPLETE', `${parts.name} holds ${found.join(' and ')} only; RNA and ATAC of the same cells are needed`, {
    hint: 'give the ATAC counts of the same cells as a second file, or one file with both',
    details: { file: parts.name, modalities: found },
  });
}

function withOthersTold(rna: DatasetParts, whole: DatasetParts): DatasetParts {
  const others = featureGroups(whole.var).filter(({ modality }) => modality !== 'rna' && modality !== 'atac');
  if (others.length === 0) return rna;
  const problem: Problem = {
    severity: 'note',
    code: 'modality-left-aside',
    message: `${whole.name}: ${others.map(({ featureType }) => featureType).join(' and ')} ${others.length === 1 ? 'is' : 'are'} left aside`,
    details: { others: others.map(({ modality }) => modality) },
  };
  return { ...rna, problems: [...rna.problems, problem] };
}

function both(rna: Dataset, atac: Dataset): MultimodalDataset {
  return {
    rna,
    atac,
    get problems() {
      const told = new Map([...rna.problems, ...atac.problems].map((problem) => [problem.message, problem]));
      return [...told.values()];
    },
    close: () => {
      rna.close();
      atac.close();
    },
  };
}

function closeOpened(opened: Opened): void {
  if (opened.kind === 'mudata') opened.close();
  else closeParts(opened.parts);
}

function closeParts(parts: DatasetParts): void {
  parts.matrix.close();
  parts.close();
}

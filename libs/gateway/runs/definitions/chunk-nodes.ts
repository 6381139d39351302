import type { BlobRef, CommandData } from '@cfgen/contracts';
import { blobInput, outputInput, outputOf, type NodeInput, type RunNode, type RunView } from './run-definition';

type SampleData = CommandData<'SampleLatents'>;

/** Cells that are generated in chunks from conditions that were drawn before. */
export interface ChunkedCells {
  readonly model: BlobRef;
  /** Node that draws the conditions. */
  readonly drawn: string;
  /** Before the number of a chunk in the keys of nodes: of one series among several, `3/`. */
  readonly series?: string;
  /** Lane of the first chunk. */
  readonly firstLane?: number;
  readonly chunks: number;
  readonly guidance: SampleData['guidance'];
  readonly solver?: SampleData['solver'];
  readonly output: CommandData<'DecodeCells'>['output'];
  readonly seed: number;
}

/** What every step takes that works on the drawn conditions. */
export function conditionInputs({ model, drawn }: Pick<ChunkedCells, 'model' | 'drawn'>): NodeInput[] {
  return [blobInput('model', model), outputInput(drawn, 'conditions')];
}

/** Latents and cells of each chunk; a lane a chunk. */
export function chunkNodes(cells: ChunkedCells): RunNode[] {
  const { chunks, firstLane = 0, guidance, solver, output, seed } = cells;
  const given = conditionInputs(cells);
  return numbers(chunks).flatMap((chunk): RunNode[] => [
    {
      key: sampleKey(cells, chunk),
      type: 'SampleLatents',
      data: { chunk, guidance, ...(solver === undefined ? {} : { solver }), seed },
      inputs: given,
      lane: firstLane + chunk,
      weight: 2,
    },
    {
      key: decodeKey(cells, chunk),
      type: 'DecodeCells',
      data: { chunk, output, seed },
      inputs: [...given, outputInput(sampleKey(cells, chunk), 'latents')],
      lane: firstLane + chunk,
      weight: 2,
    },
  ]);
}

/** The list of all chunks, for the step that puts them together. */
export function chunksInput(cells: Pick<ChunkedCells, 'series' | 'chunks'>, view: RunView): NodeInput {
  const all = numbers(cells.chunks);
  return {
    kind: 'manifest',
    name: 'chunks',
    schema: 'cfgen.chunks.v1',
    needs: all.flatMap((chunk) => [sampleKey(cells, chunk), decodeKey(cells, chunk)]),
    content: () => ({
      chunks: all.map((chunk) => ({
        chunk,
        cells: outputOf(view, decodeKey(cells, chunk), 'cells'),
        latents: outputOf(view, sampleKey(cells, chunk), 'latents'),
      })),
    }),
  };
}

const sampleKey = ({ series = '' }: Pick<ChunkedCells, 'series'>, chunk: number): string => `sample/${series}${chunk}`;
const decodeKey = ({ series = '' }: Pick<ChunkedCells, 'series'>, chunk: number): string => `decode/${series}${chunk}`;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

import { blobRefSchema, type BlobRef, type CommandType, type ErrorShape } from '@cfgen/contracts';
import { z } from 'zod';

/** Where a reference of a command comes from. */
export type NodeInput =
  | { readonly kind: 'blob'; readonly ref: BlobRef }
  /** An output of another node, which must have succeeded before. */
  | { readonly kind: 'output'; readonly step: string; readonly output: string; readonly name: string }
  /** A list of references that the gateway writes into the blob store when all it names is there. */
  | {
      readonly kind: 'manifest';
      readonly name: string;
      readonly schema: string;
      readonly needs: readonly string[];
      readonly content: () => unknown;
    };

/** One command of a run. */
export interface RunNode {
  /** Unique within the run: `train-flow`, `sample/12`. */
  readonly key: string;
  /** Nodes of one type are shown together, as one stage of the run. */
  readonly type: CommandType;
  readonly data: Readonly<Record<string, unknown>>;
  readonly inputs: readonly NodeInput[];
  /** Nodes of one chunk form a lane; only so many lanes are open at a time. */
  readonly lane?: number;
  /** Expected work, relative to the other nodes of the run; for the time left. */
  readonly weight: number;
}

/** What a node left behind. */
export interface NodeResult {
  readonly data: Readonly<Record<string, unknown>>;
  readonly outputs: readonly BlobRef[];
}

/** What a definition may look at: results of the nodes that have succeeded, and small JSON contents it asked for. */
export interface RunView {
  result(step: string): NodeResult | undefined;
  /** The JSON behind a reference; undefined while it has not been read. Asking is enough: the engine reads it and comes back. */
  content(ref: BlobRef): unknown;
}

/** A file that a run hands out. */
export interface RunArtifact {
  /** File name, unique within the run. */
  readonly name: string;
  readonly ref: BlobRef;
}

/** What the end of a run changes beyond the run itself. */
export type RunOutcome =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'model';
      readonly alias: string | null;
      readonly dataSetId: string;
      readonly ref: BlobRef;
      readonly summary: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'data-set';
      readonly id: string;
      readonly state: 'ready';
      readonly summary: Readonly<Record<string, unknown>>;
      readonly inspection: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'data-set'; readonly id: string; readonly state: 'refused'; readonly error: ErrorShape };

/**
 * A kind of run, as data and plain functions. All that a run is asked to do is in its facts, which are checked when the run is made and
 * kept with it; so the same facts and the same results of nodes always give the same nodes.
 */
export interface RunDefinition<Facts = unknown> {
  readonly type: string;
  readonly facts: z.ZodType<Facts>;
  /** Lanes that may be open at a time. */
  readonly lanes?: number;
  /** Every node that is known so far, in the order in which they are wanted. Grows as nodes succeed; never changes a node it has named. */
  nodes(facts: Facts, view: RunView): readonly RunNode[];
  /** Called when every node has succeeded. */
  artifacts(facts: Facts, view: RunView): readonly RunArtifact[];
  outcome(facts: Facts, view: RunView): RunOutcome;
  /** What the failure of the run changes. */
  failed?(facts: Facts, error: ErrorShape): RunOutcome;
}

/** The output of a node by its name. */
export function outputOf(view: RunView, step: string, name: string): BlobRef | undefined {
  return view.result(step)?.outputs.find((ref) => ref.name === name);
}

/** A reference that is known from the start, under the name the command wants. */
export function blobInput(name: string, ref: BlobRef): NodeInput {
  return { kind: 'blob', ref: { ...ref, name } };
}

/** An output of another node, under the same name. */
export function outputInput(step: string, name: string): NodeInput {
  return { kind: 'output', step, output: name, name };
}

/** A file of the user: how he calls it, and where it lies. */
export const namedRefSchema = z.object({ name: z.string(), ref: blobRefSchema });

import { CfgenError, type BlobRef, type ErrorShape } from '@cfgen/contracts';
import type { NodeInput, NodeResult, RunArtifact, RunDefinition, RunNode, RunOutcome, RunView } from './definitions/run-definition';

/**
 * Where a node stands: named but not yet commanded (after a retry), commanded, at work, or at an end.
 */
export type StepState = 'waiting' | 'issued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A node of a run as it is on record. */
export interface StepRecord {
  readonly key: string;
  readonly state: StepState;
  readonly result: NodeResult | null;
  readonly error: ErrorShape | null;
}

/** A node that can be commanded now, with its references. */
export interface ReadyNode {
  readonly node: RunNode;
  readonly refs: readonly BlobRef[];
}

/** A list of references that has to be in the blob store before a node can be commanded. */
export interface WantedManifest {
  readonly name: string;
  readonly schema: string;
  /** JSON. */
  readonly text: string;
}

/** What was fetched from, and put into, the blob store on behalf of a run. */
export interface Prepared {
  /** By their text. */
  readonly manifests: ReadonlyMap<string, BlobRef>;
  /** JSON by sha256. */
  readonly contents: ReadonlyMap<string, unknown>;
}

export const nothingPrepared: Prepared = { manifests: new Map(), contents: new Map() };

/** What is to be done next with a run. */
export interface Advance {
  readonly issue: readonly ReadyNode[];
  /** To be put into the store, outside any transaction; then advance again. */
  readonly wanted: readonly WantedManifest[];
  /** To be read from the store, outside any transaction; then advance again. */
  readonly unread: readonly BlobRef[];
  readonly end:
    | { readonly state: 'succeeded'; readonly artifacts: readonly RunArtifact[]; readonly outcome: RunOutcome }
    | { readonly state: 'failed'; readonly error: ErrorShape }
    | null;
  /** Share of the expected work that is done, 0 to 1. */
  readonly share: number;
  /** Expected work of all nodes known so far. */
  readonly weight: number;
  /** Every node known so far. */
  readonly nodes: readonly RunNode[];
}

/**
 * Decides what comes next in a run from what is on record; plain function, so that whatever order events come in, and however often,
 * the end is the same.
 */
export function advance<Facts>(
  definition: RunDefinition<Facts>,
  facts: Facts,
  steps: ReadonlyMap<string, StepRecord>,
  prepared: Prepared = nothingPrepared,
): Advance {
  const unread = new Map<string, BlobRef>();
  const view = viewOf(steps, prepared, unread);
  const nodes = definition.nodes(facts, view);
  const stateOf = (key: string): StepState => steps.get(key)?.state ?? 'waiting';
  const { share, weight } = workOf(nodes, stateOf);

  const broken = nodes.map(({ key }) => steps.get(key)).find((step) => step?.state === 'failed');
  if (broken !== undefined) {
    const error = broken.error ?? { code: 'INTERNAL', message: `step ${broken.key} failed`, retryable: false, details: {} };
    return { issue: [], wanted: [], unread: [], end: { state: 'failed', error }, share, weight, nodes };
  }
  if (nodes.every(({ key }) => stateOf(key) === 'succeeded')) {
    const artifacts = definition.artifacts(facts, view);
    const outcome = definition.outcome(facts, view);
    const complete = unread.size === 0;
    return {
      issue: [],
      wanted: [],
      unread: [...unread.values()],
      end: complete ? { state: 'succeeded', artifacts, outcome } : null,
      share,
      weight,
      nodes,
    };
  }

  const issue: ReadyNode[] = [];
  const wanted: WantedManifest[] = [];
  const lanes = new OpenLanes(nodes, stateOf, definition.lanes ?? Number.POSITIVE_INFINITY);
  for (const node of nodes) {
    if (stateOf(node.key) !== 'waiting' || !inputsThere(node, stateOf) || !lanes.admits(node)) continue;
    const refs = node.inputs.map((input) => refOf(node, input, view, prepared));
    const missing = refs.filter((ref): ref is WantedManifest => 'text' in ref);
    if (missing.length > 0) wanted.push(...missing);
    else issue.push({ node, refs: refs.filter((ref): ref is BlobRef => !('text' in ref)) });
  }
  return { issue, wanted, unread: [...unread.values()], end: null, share, weight, nodes };
}

function viewOf(steps: ReadonlyMap<string, StepRecord>, prepared: Prepared, unread: Map<string, BlobRef>): RunView {
  return {
    result(step) {
      const record = steps.get(step);
      return record?.state === 'succeeded' ? (record.result ?? undefined) : undefined;
    },
    content(ref) {
      if (!prepared.contents.has(ref.sha256)) unread.set(ref.sha256, ref);
      return prepared.contents.get(ref.sha256);
    },
  };
}

function inputsThere(node: RunNode, stateOf: (key: string) => StepState): boolean {
  return node.inputs.every((input) => {
    if (input.kind === 'blob') return true;
    const needs = input.kind === 'output' ? [input.step] : input.needs;
    return needs.every((key) => stateOf(key) === 'succeeded');
  });
}

/** The reference behind an input, or what has to be put into the store first. */
function refOf(node: RunNode, input: NodeInput, view: RunView, prepared: Prepared): BlobRef | WantedManifest {
  if (input.kind === 'blob') return input.ref;
  if (input.kind === 'manifest') {
    const text = JSON.stringify(input.content());
    return prepared.manifests.get(text) ?? { name: input.name, schema: input.schema, text };
  }
  const ref = view.result(input.step)?.outputs.find(({ name }) => name === input.output);
  if (ref === undefined) throw new CfgenError('INTERNAL', `${node.key} needs ${input.output} of ${input.step}, which has none`);
  return { ...ref, name: input.name };
}

function workOf(nodes: readonly RunNode[], stateOf: (key: string) => StepState): { readonly share: number; readonly weight: number } {
  let done = 0;
  let weight = 0;
  for (const node of nodes) {
    weight += node.weight;
    if (stateOf(node.key) === 'succeeded') done += node.weight;
  }
  return { share: weight === 0 ? 0 : done / weight, weight };
}

/** Keeps the number of chunks under way small, so that a run of a million cells leaves room for others in the topics. */
class OpenLanes {
  private readonly open = new Set<number>();

  constructor(
    nodes: readonly RunNode[],
    stateOf: (key: string) => StepState,
    private readonly limit: number,
  ) {
    const started = new Set<number>();
    const unfinished = new Set<number>();
    for (const { lane, key } of nodes) {
      if (lane === undefined) continue;
      const state = stateOf(key);
      if (state !== 'waiting') started.add(lane);
      if (state !== 'succeeded') unfinished.add(lane);
    }
    for (const lane of started) if (unfinished.has(lane)) this.open.add(lane);
  }

  /** Whether a node may be commanded; opens its lane if so. */
  admits({ lane }: RunNode): boolean {
    if (lane === undefined || this.open.has(lane)) return true;
    if (this.open.size >= this.limit) return false;
    this.open.add(lane);
    return true;
  }
}

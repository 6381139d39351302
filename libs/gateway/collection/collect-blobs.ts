import { isManifest, refsWithin, blobRefSchema, type BlobRef } from '@cfgen/contracts';
import { artifactRows, dataSetRows, modelRows, runRows, runStepRows, type Database } from '@cfgen/persistence';
import type { BlobStore } from '@cfgen/storage';

export interface CollectOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  /** Younger blobs stay, whoever needs them: their row may be about to be written. */
  readonly olderThanMs: number;
  readonly now: number;
  /** Counts, and deletes nothing. */
  readonly dryRun?: boolean;
}

export interface Collected {
  readonly kept: number;
  readonly deleted: number;
  readonly deletedBytes: number;
}

/**
 * Deletes blobs that nothing leads to: no data set, model or artifact, no run that has not succeeded, and no list that one of these names.
 * What a run needed in between goes once it has succeeded; one that failed or was cancelled keeps it, so that a retry finds what was done.
 */
export async function collectBlobs(options: CollectOptions): Promise<Collected> {
  const { database, blobs, olderThanMs, now, dryRun = false } = options;
  const needed = await neededBlobs(database, blobs);
  const result = { kept: 0, deleted: 0, deletedBytes: 0 };
  for await (const blob of blobs.list()) {
    if (needed.has(blob.sha256) || now - blob.storedAt < olderThanMs) {
      result.kept++;
      continue;
    }
    if (!dryRun) await blobs.delete(blob.sha256);
    result.deleted++;
    result.deletedBytes += blob.bytes;
  }
  return result;
}

async function neededBlobs(database: Database, blobs: BlobStore): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  const lists = new Map<string, BlobRef>();
  const need = (refs: readonly BlobRef[]): void => {
    for (const ref of refs) {
      needed.add(ref.sha256);
      if (isManifest(ref.schema)) lists.set(ref.sha256, ref);
    }
  };
  await database.transaction(async (transaction) => {
    for (const sha256 of await dataSetRows.contents(transaction)) needed.add(sha256);
    for (const { ref, files } of await modelRows.all(transaction)) need([ref, ...files.map((file) => file.ref)]);
    need((await artifactRows.all(transaction)).map(({ ref }) => ref));
  });
  const runs = await database.transaction((transaction) => runRows.unsuccessful(transaction));
  for (const { id, facts } of runs) {
    need(refsAnywhere(facts));
    const steps = await database.transaction((transaction) => runStepRows.whole(transaction, id));
    for (const { inputs, result, checkpoint } of steps) need([...inputs, ...(result?.outputs ?? []), ...checkpoint]);
  }
  await needListed(lists, blobs, need);
  return needed;
}

/** What lists name, and the lists within lists. A list that is gone names nothing; one that does not read stops the collection. */
async function needListed(lists: Map<string, BlobRef>, blobs: BlobStore, need: (refs: readonly BlobRef[]) => void): Promise<void> {
  const read = new Set<string>();
  for (const [sha256, ref] of lists) {
    if (read.has(sha256)) continue;
    read.add(sha256);
    if ((await blobs.stat(sha256)) === null) continue;
    const text = new TextDecoder().decode(await blobs.readWhole(sha256));
    // The map grows while it is walked through: lists that this one names come later.
    need(refsWithin(ref.schema, JSON.parse(text)));
  }
}

function refsAnywhere(value: unknown): BlobRef[] {
  const ref = blobRefSchema.safeParse(value);
  if (ref.success) return [ref.data];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(refsAnywhere);
}

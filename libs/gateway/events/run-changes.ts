/**
 * Tells those who watch a run that there is something new, within this process; what other replicas change is found by looking now and then.
 */
export class RunChanges {
  private readonly watchers = new Map<string, Set<() => void>>();

  notify(runId: string): void {
    for (const watcher of this.watchers.get(runId) ?? []) watcher();
  }

  /** Answers what takes the watcher off again. */
  watch(runId: string, watcher: () => void): () => void {
    const watchers = this.watchers.get(runId) ?? new Set();
    this.watchers.set(runId, watchers);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.watchers.get(runId) === watchers) this.watchers.delete(runId);
    };
  }
}

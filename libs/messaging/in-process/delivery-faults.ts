/** What a broker is allowed to do and rarely does: for specs that must not lean on its kindness. */
export interface DeliveryFaults {
  /** Each message is delivered twice to each group, the second time at once or after later messages. */
  readonly duplicates?: boolean;
  /** A message may overtake messages of other keys in its partition. */
  readonly reorderAcrossKeys?: boolean;
  /** From 0 (included) to 1; seeded by the caller, so that a spec repeats. */
  readonly random: () => number;
}

/** Which of the waiting messages is next: the first, or with reordering any that is the first of its key. */
export function nextInLine(keys: readonly string[], faults: DeliveryFaults | undefined): number {
  if (faults?.reorderAcrossKeys !== true) return 0;
  const firsts: number[] = [];
  const seen = new Set<string>();
  keys.forEach((key, at) => {
    if (!seen.has(key)) firsts.push(at);
    seen.add(key);
  });
  return firsts[Math.floor(faults.random() * firsts.length)] ?? 0;
}

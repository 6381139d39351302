/**
 * Makes names unique as AnnData does: the first keeps its name, later ones get `-1`, `-2`, ... (skipping names that exist already).
 * @returns the names, and how many had to change
 */
export function uniqueNames(names: readonly string[]): { names: readonly string[]; changed: number; example?: string } {
  const taken = new Set(names);
  if (taken.size === names.length) return { names, changed: 0 };
  const seen = new Set<string>();
  const suffix = new Map<string, number>();
  let changed = 0;
  let example: string | undefined;
  const unique = names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let next = suffix.get(name) ?? 1;
    while (taken.has(`${name}-${next}`)) next++;
    suffix.set(name, next + 1);
    const fresh = `${name}-${next}`;
    taken.add(fresh);
    changed++;
    example ??= name;
    return fresh;
  });
  return { names: unique, changed, ...(example === undefined ? {} : { example }) };
}

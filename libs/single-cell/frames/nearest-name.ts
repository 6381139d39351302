/** The name a user probably meant: smallest edit distance, ignoring case; undefined when none is near. */
export function nearestName(asked: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let smallest = Math.max(2, Math.floor(asked.length / 2));
  for (const name of names) {
    const distance = editDistance(plain(asked), plain(name));
    if (distance < smallest || (distance === smallest && best === undefined)) {
      smallest = distance;
      best = name;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s._-]+/g, '');
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 32) return Infinity;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = current;
  }
  return previous[b.length];
}

/**
 * First key that occurs twice in one object of a JSON text, or undefined. `JSON.parse` keeps the last of two equal keys
 * without a word, which would hide one of two tensors of the same name.
 * @param json a text that `JSON.parse` accepts: only strings and braces have to be told apart.
 */
export function duplicateKey(json: string): string | undefined {
  // Keys seen in each open object; null for an open array.
  const open: (Set<string> | null)[] = [];
  let expectKey = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at];
    if (char === '{') {
      open.push(new Set());
      expectKey = true;
    } else if (char === '[') {
      open.push(null);
      expectKey = false;
    } else if (char === '}' || char === ']') {
      open.pop();
      expectKey = false;
    } else if (char === ',') {
      expectKey = open.at(-1) instanceof Set;
    } else if (char === '"') {
      const end = endOfString(json, at);
      const keys = open.at(-1);
      if (expectKey && keys instanceof Set) {
        const key = JSON.parse(json.slice(at, end + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
        expectKey = false;
      }
      at = end;
    }
  }
  return undefined;
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

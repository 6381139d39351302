/** A command line that can be pasted into a shell. */
export function shellCommand(words: readonly string[], platform: NodeJS.Platform = process.platform): string {
  return words.map((word) => (platform === 'win32' ? quotedForWindows(word) : quotedForPosix(word))).join(' ');
}

/** Single quotes keep everything; a single quote itself is closed, escaped and opened again. */
function quotedForPosix(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function quotedForWindows(word: string): string {
  return /^[\w@+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}

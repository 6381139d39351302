import { CfgenError } from '@cfgen/contracts';

/** What a path leads to, and where that really lies. */
export interface Entry {
  readonly kind: 'group' | 'array';
  readonly path: string;
}

/** What has to be known of a file to follow its links. */
export interface LinkReader {
  members(group: string): readonly string[];
  /** The other file that a link leads to. */
  externalFile(path: string): string | undefined;
  /** The path in this file that a link leads to. */
  softTarget(path: string): string | null;
  kind(path: string): Entry['kind'] | undefined;
}

/** More links in a row than any sound file has. */
const mostLinks = 16;

/**
 * Walks a path name by name, so that no link is followed unseen.
 * @param file how messages call it
 * @throws CfgenError INPUT_UNSUPPORTED for a link to another file, INPUT_DAMAGED for links that form a cycle
 */
export function resolvePath(file: string, asked: string, links: LinkReader): Entry | undefined {
  return follow(asked, []);

  function follow(path: string, followed: readonly string[]): Entry | undefined {
    let at = '';
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    for (const [position, name] of names.entries()) {
      if (!links.members(at).includes(name)) return undefined;
      const next = at === '' ? name : `${at}/${name}`;
      const external = links.externalFile(next);
      if (external !== undefined) throw outsideFile(file, asked, external);
      const target = links.softTarget(next);
      if (target !== null) {
        if (followed.includes(next) || followed.length > mostLinks) throw cycle(file, asked, [...followed, next]);
        const rest = names.slice(position + 1);
        const from = target.startsWith('/') ? target : `${at}/${target}`;
        return follow([from, ...rest].join('/'), [...followed, next]);
      }
      const kind = links.kind(next);
      if (kind === 'array') return position === names.length - 1 ? { kind, path: next } : undefined;
      if (kind === undefined) return undefined;
      at = next;
    }
    return { kind: 'group', path: at };
  }
}

function cycle(file: string, asked: string, followed: readonly string[]): CfgenError {
  return new CfgenError('INPUT_DAMAGED', `${file}: ${asked} cannot be resolved: links form a cycle (${followed.join(' -> ')})`, {
    hint: 'store the matrix itself instead of a link',
  });
}

/** The refusal of a path that leads to another file. */
export function outsideFile(file: string, path: string, target: string | undefined): CfgenError {
  return new CfgenError(
    'INPUT_UNSUPPORTED',
    `${file}: links to other files are not followed: ${path} points outside this file (${target ?? 'unknown'})`,
    {
      hint: 'save the data into one file, then use that',
      details: { file, part: path },
    },
  );
}

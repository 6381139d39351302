import { basename } from 'node:path';

/** A file that lies under a name that says nothing, such as its hash. */
export interface NamedFile {
  readonly path: string;
  /** What messages and provenance call it. */
  readonly name: string;
}

/** A file to read: its path, by whose last part it goes, or a path with a name. */
export type DataFile = string | NamedFile;

export function pathOf(file: DataFile): string {
  return typeof file === 'string' ? file : file.path;
}

/** Name of the file for messages and provenance: no path, so that the same request gives the same bytes wherever the file lies. */
export function nameOf(file: DataFile): string {
  return typeof file === 'string' ? basename(file) : file.name;
}

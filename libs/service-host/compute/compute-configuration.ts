import type { Configuration } from '../configuration/configuration';

/** What a compute process is told when it starts. It opens the blob store and an engine, and no rows and no bus. */
export interface ComputeConfiguration {
  readonly version: string;
  readonly storage: Pick<Configuration, 'profile' | 'dataDir' | 's3' | 'imports'>;
  readonly engine: Configuration['compute']['engine'];
  readonly precision: Configuration['compute']['precision'];
  readonly threads: number;
  /** Ceiling in bytes for counts held in memory. */
  readonly memory: number;
  /** For scratch folders of jobs, and for files kept between jobs. */
  readonly scratchFolder: string;
  readonly cacheFolder: string;
}

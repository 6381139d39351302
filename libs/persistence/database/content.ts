import type { EntitySchema } from 'typeorm';
import { gatewayEntities } from '../gateway/entities';
import { gatewayMigrations } from '../gateway/migrations';
import type { DatabaseContent } from '../port/database';
import { sharedEntities } from '../shared/entities';
import { sharedMigrations } from '../shared/migrations';
import { stageEntities } from '../stage/entities';
import { stageMigrations } from '../stage/migrations';
import type { Migration } from './migration';

/** Tables of a database, and how they came to be. */
export interface Tables {
  readonly entities: readonly EntitySchema[];
  readonly migrations: readonly Migration[];
}

export function tablesOf(content: DatabaseContent): Tables {
  const own: Tables =
    content === 'stage'
      ? { entities: stageEntities, migrations: stageMigrations }
      : { entities: gatewayEntities, migrations: gatewayMigrations };
  return { entities: [...sharedEntities, ...own.entities], migrations: [...sharedMigrations, ...own.migrations] };
}

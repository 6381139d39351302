import { EntitySchema, EntitySchemaOptions, type ObjectLiteral } from 'typeorm';

/** Describes a table for TypeORM. The table is named like the entity unless `tableName` says otherwise. */
export function entityOf<Row extends ObjectLiteral>(
  options: Pick<EntitySchemaOptions<Row>, 'name' | 'columns'> & { readonly tableName?: string },
): EntitySchema<Row> {
  return new EntitySchema<Row>(Object.assign(new EntitySchemaOptions<Row>(), options));
}

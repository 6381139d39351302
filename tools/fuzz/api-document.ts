/** A JSON Schema as it stands in an OpenAPI document. */
export type Schema = Readonly<Record<string, unknown>>;

/** The parts of an OpenAPI document that are read here. */
export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface DescribedOperation {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One operation: a method on a path. */
export interface ApiOperation extends DescribedOperation {
  readonly id: string;
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
}

/**
 * Every operation of a document, in its order.
 *
 * @throws Error when the text is no OpenAPI document with operations
 */
export function operationsOf(document: ApiDocument): readonly ApiOperation[] {
  if (typeof document.openapi !== 'string' || typeof document.paths !== 'object') throw new Error('this is no OpenAPI document');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => /^(get|put|post|delete|patch)$/.test(method))
      .map(([method, operation]) => ({
        ...operation,
        id: operation.operationId ?? `${method} ${path}`,
        method: method.toUpperCase(),
        path,
      })),
  );
  if (operations.length === 0) throw new Error('the OpenAPI document names no operation');
  return operations;
}

/** The schema that a `$ref` of the document points to, or the schema itself. */
export function resolved(document: ApiDocument, schema: Schema): Schema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const target = document.components.schemas[reference.replace('#/components/schemas/', '')];
  if (target === undefined) throw new Error(`the OpenAPI document refers to ${reference}, which it does not hold`);
  return resolved(document, target);
}

/** A JSON Schema, or any part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema, and the document that its references are looked up in. */
export interface Placed {
  readonly schema: Schema;
  readonly document: Schema;
}

/**
 * Who suffers from a change. `accepted`: what clients send; whoever sends the old must still be understood. `produced`: what clients read;
 * whoever reads by the old must still find what it says. Readers ignore fields and values they do not know, so those may be added.
 */
export type Direction = 'accepted' | 'produced';

/**
 * What breaks for those who rely on the old schema, one line each; empty when the new one only adds.
 *
 * Looser or tighter bounds (`maximum`, `maxLength` ...) count only in what is accepted.
 */
export function breakingChanges(old: Placed, now: Placed, direction: Direction, where: string): string[] {
  return new Comparison(direction, old.document, now.document).compare(old.schema, now.schema, where, []);
}

const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];

/** Two documents being compared in one direction; a class only to keep these three together. */
class Comparison {
  constructor(
    private readonly direction: Direction,
    private readonly oldDocument: Schema,
    private readonly newDocument: Schema,
  ) {}

  /** @param under pairs of references that this comparison lies under, so that schemas that hold themselves come to an end */
  compare(oldSchema: Schema, newSchema: Schema, where: string, under: readonly string[]): string[] {
    const pair = `${String(oldSchema['$ref'])} ${String(newSchema['$ref'])}`;
    const recursive = oldSchema['$ref'] !== undefined && newSchema['$ref'] !== undefined;
    if (recursive && under.includes(pair)) return [];
    const below = recursive ? [...under, pair] : under;
    const before = variantsOf(resolved(oldSchema, this.oldDocument), this.oldDocument);
    const after = variantsOf(resolved(newSchema, this.newDocument), this.newDocument);
    const [onlyBefore] = before;
    const [onlyAfter] = after;
    if (before.length === 1 && after.length === 1 && onlyBefore !== undefined && onlyAfter !== undefined) {
      return this.#compareOne(onlyBefore, onlyAfter, where, below);
    }
    return this.#compareVariants(before, after, where, below);
  }

  #compareVariants(before: readonly Schema[], after: readonly Schema[], where: string, under: readonly string[]): string[] {
    const met = new Set<Schema>();
    const lost = before.flatMap((variant) => {
      const matches = after.map((candidate) => ({ candidate, found: this.compare(variant, candidate, where, under) }));
      const best = matches.toSorted((a, b) => a.found.length - b.found.length)[0];
      if (best?.found.length === 0) {
        met.add(best.candidate);
        return [];
      }
      const same = matches.find(({ candidate }) => tagOf(candidate) !== undefined && tagOf(candidate) === tagOf(variant));
      if (same !== undefined) met.add(same.candidate);
      return same?.found ?? [`${where}: no longer ${nameOf(variant)}`];
    });
    if (this.direction === 'accepted') return lost;
    // A reader that tells variants apart by a tag passes over a tag it does not know; others cannot.
    const strange = after.filter((variant) => !met.has(variant) && tagOf(variant) === undefined);
    return [...lost, ...strange.map((variant) => `${where}: may now also be ${nameOf(variant)}`)];
  }

  #compareOne(before: Schema, after: Schema, where: string, under: readonly string[]): string[] {
    const found = [...this.#compareValues(before, after, where), ...this.#compareLimits(before, after, where)];
    if (found.length === 0 && before['type'] === 'object') found.push(...this.#compareObjects(before, after, where, under));
    if (found.length === 0 && before['type'] === 'array') {
      found.push(...this.compare(schemaAt(before, 'items'), schemaAt(after, 'items'), `${where}[]`, under));
    }
    return found;
  }

  #compareValues(before: Schema, after: Schema, where: string): string[] {
    const widens = this.direction === 'accepted';
    const [oldType, newType] = [before['type'], after['type']];
    const wider = widens && (newType === undefined || (oldType === 'integer' && newType === 'number'));
    if (oldType !== newType && !wider) return [`${where}: ${typeText(oldType)} became ${typeText(newType)}`];
    const [oldValues, newValues] = [valuesOf(before), valuesOf(after)];
    if (newValues === undefined) return oldValues === undefined || widens ? [] : [`${where}: may now be any value`];
    if (oldValues === undefined) return [`${where}: is now limited to ${newValues.join(', ')}`];
    return oldValues.filter((value) => !newValues.includes(value)).map((value) => `${where}: the value ${value} is gone`);
  }

  #compareLimits(before: Schema, after: Schema, where: string): string[] {
    const accepted = this.direction === 'accepted';
    const changed = (name: string): boolean => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
    const change = (name: string): string => `${where}: ${name} ${valueText(before[name])} became ${valueText(after[name])}`;
    const forms = ['pattern', 'format'].filter((name) => changed(name) && (accepted ? after : before)[name] !== undefined);
    if (!accepted) return forms.map(change);
    const number = (schema: Schema, name: string, otherwise: number): number =>
      typeof schema[name] === 'number' ? schema[name] : otherwise;
    const raised = lowerBounds.filter((name) => number(after, name, -Infinity) > number(before, name, -Infinity));
    const lowered = upperBounds.filter((name) => number(after, name, Infinity) < number(before, name, Infinity));
    // Another default gives the same request another meaning.
    const defaults = before['default'] !== undefined && changed('default') ? ['default'] : [];
    return [...forms, ...raised, ...lowered, ...defaults].map(change);
  }

  #compareObjects(before: Schema, after: Schema, where: string, under: readonly string[]): string[] {
    const [oldProperties, newProperties] = [propertiesOf(before), propertiesOf(after)];
    const [oldRequired, newRequired] = [requiredOf(before), requiredOf(after)];
    const found = Object.entries(oldProperties).flatMap(([name, schema]) => {
      const other = newProperties[name];
      return other === undefined ? [`${where}.${name}: is gone`] : this.compare(schema, other, `${where}.${name}`, under);
    });
    if (this.direction === 'accepted') {
      found.push(...newRequired.filter((name) => !oldRequired.includes(name)).map((name) => `${where}.${name}: is now required`));
    } else {
      found.push(...oldRequired.filter((name) => !newRequired.includes(name)).map((name) => `${where}.${name}: may now be missing`));
    }
    return [...found, ...this.#compareOpenness(before, after, where, under)];
  }

  /** Properties without a name of their own: `additionalProperties` and `propertyNames`. */
  #compareOpenness(before: Schema, after: Schema, where: string, under: readonly string[]): string[] {
    const accepted = this.direction === 'accepted';
    const [oldRest, newRest] = [before['additionalProperties'] ?? true, after['additionalProperties'] ?? true];
    const found: string[] = [];
    if (isSchema(oldRest) && isSchema(newRest)) found.push(...this.compare(oldRest, newRest, `${where}.*`, under));
    else if (accepted && oldRest !== false && newRest === false) found.push(`${where}: takes no other properties any more`);
    else if (accepted && oldRest === true && isSchema(newRest)) found.push(`${where}: other properties are now limited`);
    else if (!accepted && isSchema(oldRest)) found.push(`${where}: other properties are no longer of one kind`);
    const [oldNames, newNames] = [before['propertyNames'], after['propertyNames']];
    if (accepted && isSchema(newNames)) {
      found.push(...this.compare(isSchema(oldNames) ? oldNames : { type: 'string' }, newNames, `${where} (names)`, under));
    }
    return found;
  }
}

/** Follows a reference inside the document. */
export function resolved(schema: Schema, document: Schema): Schema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  let target: unknown = document;
  for (const name of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    target = isSchema(target) ? target[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  if (!isSchema(target)) throw new Error(`${reference} leads nowhere`);
  return resolved(target, document);
}

/** The alternatives of a union, or the schema itself. */
function variantsOf(schema: Schema, document: Schema): Schema[] {
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(alternatives)) {
    return (alternatives as readonly Schema[]).flatMap((variant) => variantsOf(resolved(variant, document), document));
  }
  const { type } = schema;
  return Array.isArray(type) ? (type as readonly string[]).map((one) => ({ ...schema, type: one })) : [schema];
}

/** The property with one fixed value that tells an object from its siblings, as text. */
function tagOf(schema: Schema): string | undefined {
  const tag = Object.entries(propertiesOf(schema)).find(([, property]) => property['const'] !== undefined);
  return tag === undefined ? undefined : `${tag[0]}=${JSON.stringify(tag[1]['const'])}`;
}

function nameOf(schema: Schema): string {
  return tagOf(schema) ?? (valuesOf(schema)?.join(' or ') || typeText(schema['type']));
}

function valuesOf(schema: Schema): readonly string[] | undefined {
  if (schema['const'] !== undefined) return [JSON.stringify(schema['const'])];
  return Array.isArray(schema['enum']) ? schema['enum'].map((value) => JSON.stringify(value)) : undefined;
}

function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
}

function requiredOf(schema: Schema): readonly string[] {
  return (schema['required'] ?? []) as readonly string[];
}

function schemaAt(schema: Schema, name: string): Schema {
  return isSchema(schema[name]) ? schema[name] : {};
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeText(type: unknown): string {
  return typeof type === 'string' ? type : 'any type';
}

function valueText(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

import { CfgenError } from '@cfgen/contracts';
import { categoryCode, unknownColumn, type Conditions, type ModelDescription } from '@cfgen/model';

/** The attribute whose value is replaced, and the value it is replaced by. */
export interface ReferenceBatch {
  readonly column: string;
  readonly value: string;
  /** Places of the attribute and of the value in the model. */
  readonly attribute: number;
  readonly code: number;
}

/**
 * @param column the batch; left out: the only attribute that was trained on as a batch
 * @param value left out: the batch of most training cells
 * @throws CfgenError REQUEST_UNKNOWN_VALUE, REQUEST_INVALID
 */
export function referenceBatch(
  { attributes }: Pick<ModelDescription, 'attributes'>,
  column: string | undefined,
  value: string | undefined,
): ReferenceBatch {
  const batches = attributes.filter(({ role }) => role === 'batch');
  const name = column ?? (batches.length === 1 ? batches[0]?.name : undefined);
  if (name === undefined) {
    throw new CfgenError('REQUEST_INVALID', `the model was trained with ${batches.length} batch columns; which one is to be corrected?`, {
      hint:
        attributes.length === 0 ? 'Train a model with --batch.' : `Name it by --batch: ${attributes.map((one) => one.name).join(', ')}.`,
      details: { known: attributes.map((one) => one.name) },
    });
  }
  const attribute = attributes.findIndex((one) => one.name === name);
  const found = attributes[attribute];
  if (found === undefined) throw unknownColumn(name, attributes);
  const most = found.counts.indexOf(Math.max(...found.counts));
  const code = value === undefined ? most : categoryCode(found, value);
  return { column: name, value: found.categories[code] ?? '', attribute, code };
}

/** The same cells in the reference batch. */
export function inBatch(conditions: Conditions, { attribute, code }: ReferenceBatch): Conditions {
  const codes = conditions.codes.map((own, k) => (k === attribute ? new Int32Array(own.length).fill(code) : own));
  return { ...conditions, codes };
}

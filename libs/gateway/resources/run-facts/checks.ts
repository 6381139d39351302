import { CfgenError, type GenerateRequest } from '@cfgen/contracts';
import type { DataSetRow, ModelRow } from '@cfgen/persistence';
import { z } from 'zod';

const columnsSchema = z.object({
  obs: z.array(z.object({ name: z.string(), label: z.object({ usable: z.boolean(), reason: z.string().optional() }).optional() })),
});

/** Labels are checked against what was found in the file, so that a typing error shows at once and not after the queue. */
export function checkLabels(dataSet: DataSetRow, labels: readonly string[]): void {
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined)
    throw new CfgenError('REQUEST_INVALID', `labels: "${twice}" is named twice`, { details: { field: 'labels', label: twice } });
  const inspected = columnsSchema.safeParse(dataSet.inspection);
  if (!inspected.success) return;
  for (const label of labels) {
    const column = columnNamed(dataSet, inspected.data.obs, label);
    const details = { field: 'labels', label, columns: inspected.data.obs.map(({ name }) => name).slice(0, 50) };
    if (column.label?.usable === false) {
      throw new CfgenError('LABEL_UNUSABLE', `${dataSet.name}: ${column.label.reason ?? `"${label}" cannot be used as a label`}`, {
        details,
      });
    }
  }
}

/** As above for columns that hold numbers. */
export function checkColumns(dataSet: DataSetRow, columns: readonly string[]): void {
  const inspected = columnsSchema.safeParse(dataSet.inspection);
  if (inspected.success) for (const column of columns) columnNamed(dataSet, inspected.data.obs, column);
}

type InspectedColumn = z.infer<typeof columnsSchema>['obs'][number];

function columnNamed(dataSet: DataSetRow, obs: readonly InspectedColumn[], name: string): InspectedColumn {
  const found = obs.find((column) => column.name === name);
  if (found !== undefined) return found;
  const columns = obs.map((column) => column.name).slice(0, 50);
  throw new CfgenError('LABEL_MISSING', `${dataSet.name} has no obs column "${name}"`, {
    hint: `Columns are: ${columns.join(', ')}.`,
    details: { field: 'labels', label: name, columns },
  });
}

const attributesSchema = z.array(z.object({ name: z.string(), categories: z.array(z.string()) }));

type AskedConditions = Pick<GenerateRequest, 'where' | 'guidance'> & Partial<GenerateRequest>;

export function checkConditions(model: ModelRow, request: AskedConditions): void {
  const attributes = attributesSchema.parse(model.attributes);
  const known = attributes.map(({ name }) => name);
  const asked = [...Object.entries(request.where), ...Object.keys(request.guidance).map((name): [string, string[]] => [name, []])];
  for (const [column, values] of asked) {
    const attribute = attributes.find(({ name }) => name === column);
    if (attribute === undefined) {
      const hint = known.length === 0 ? 'It was trained without labels.' : `It knows: ${known.join(', ')}.`;
      throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the model knows no column "${column}"`, { hint, details: { column, known } });
    }
    const strange = values.find((value) => !attribute.categories.includes(value));
    if (strange !== undefined) {
      const categories = attribute.categories.slice(0, 50);
      const hint = `Values are: ${categories.join(', ')}.`;
      throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the model knows no ${column} "${strange}"`, {
        hint,
        details: { column, value: strange, categories },
      });
    }
  }
  if (request.like !== undefined && Object.keys(request.where).length > 0) {
    throw new CfgenError('REQUEST_INVALID', 'where: `like` takes the labels of a file, `where` asks for others', {
      hint: 'Give one of the two.',
      details: { field: 'where' },
    });
  }
  if (request.like !== undefined && (request.librarySize !== undefined || request.librarySizeFrom !== undefined)) {
    throw new CfgenError('REQUEST_INVALID', 'like: it takes the library sizes of a file, and others are asked for', {
      hint: 'Give one of the two.',
      details: { field: 'like' },
    });
  }
}

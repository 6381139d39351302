import { CfgenError } from '@cfgen/contracts';
import { augmentRun } from './augment';
import { correctRun } from './correct';
import { evaluateRun } from './evaluate';
import { generateRun } from './generate';
import { importRun } from './import';
import { guideRun } from './guide';
import { imputeRun } from './impute';
import { ingestRun } from './ingest';
import { integrationRun } from './integration';
import type { RunDefinition } from './run-definition';
import { trainRun } from './train';

/** A definition whose facts are checked before use. */
export interface CheckedDefinition extends RunDefinition {
  readonly type: string;
}

/** Every kind of run. A new kind is one more file beside these, and a line here. */
const definitions: readonly CheckedDefinition[] = [
  checked(ingestRun),
  checked(trainRun),
  checked(generateRun),
  checked(evaluateRun),
  checked(integrationRun),
  checked(guideRun),
  checked(importRun),
  checked(augmentRun),
  checked(correctRun),
  checked(imputeRun),
];

/** @throws CfgenError INTERNAL for a type that this version does not know, as after a downgrade */
export function runDefinition(type: string): CheckedDefinition {
  const found = definitions.find((definition) => definition.type === type);
  if (found === undefined) throw new CfgenError('INTERNAL', `this version knows no runs of the type "${type}"`, { details: { type } });
  return found;
}

/** Kinds of runs that belong to something else and are not listed. */
export const hiddenRunTypes: readonly string[] = [ingestRun.type];

function checked<Facts>(definition: RunDefinition<Facts>): CheckedDefinition {
  const { failed } = definition;
  return {
    type: definition.type,
    facts: definition.facts,
    ...(definition.lanes === undefined ? {} : { lanes: definition.lanes }),
    nodes: (facts, view) => definition.nodes(definition.facts.parse(facts), view),
    artifacts: (facts, view) => definition.artifacts(definition.facts.parse(facts), view),
    outcome: (facts, view) => definition.outcome(definition.facts.parse(facts), view),
    ...(failed === undefined ? {} : { failed: (facts, error) => failed(definition.facts.parse(facts), error) }),
  };
}

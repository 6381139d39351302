import { type Problem } from '@cfgen/contracts';
import { type ConditionSource, type ModelDescription } from '@cfgen/model';
import type { StepContext } from '../context';
export interface ConditionOptions {
  /** Number of cells; with `like` the file's cells unless given. */
  readonly cells?: number;
  /** Requested values by column; several values of a column share by training proportion. */
  readonly where: ReadonlyMap<string, readonly string[]>;
  /** A data file whose cells' labels and size factors are taken as they are. */
  readonly like?: string;
  /** Split file: of `like`, the `test` part only. */
  readonly split?: string;
  /** `prior`, a number of counts, or a data file. */
  readonly librarySize: string;
  readonly seed: number;
}
/** What will be generated, and what the user has to be told about it. */
export interface PlannedConditions {
  readonly cells: number;
  readonly source: ConditionSource;
  readonly problems: readonly Problem[];
}
export declare function conditionsOf(
  options: ConditionOptions,
  description: ModelDescription,
  context: StepContext,
): Promise<PlannedConditions>;

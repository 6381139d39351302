import type { ModelDescription, SizeFactorChoice } from '@cfgen/model';
import type { StepContext } from '../context';
/**
 * How library sizes were asked for: `prior`, a number, or a data file whose cells' sizes are taken in order (cycled).
 */
export declare function librarySizes(request: string, description: ModelDescription, context: StepContext): Promise<SizeFactorChoice>;

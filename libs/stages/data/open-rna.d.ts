import { type Dataset } from '@cfgen/single-cell';
import type { StepContext } from '../context';
/** Opens the RNA counts of a file: of one with several feature types, gene expression alone. Half of the memory ceiling is for reading. */
export declare function openRna(path: string, context: Pick<StepContext, 'memory'>, layer?: string): Promise<Dataset>;

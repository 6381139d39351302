import type { EvaluationResult } from '../../evaluation/result';
import type { Markup } from '../markup';
import type { PlotData } from '../plot-data';
import type { ReportOptions } from '../report-options';
import { byLabel } from './by-label';
import { chromatin } from './chromatin';
import { genesAndCells } from './genes-and-cells';
import { maps } from './maps';
import { markers } from './markers';
import { method } from './method';
import { overall } from './overall';
import { privacy } from './privacy';
import { requests } from './requests';
import { training } from './training';

/** A part of the page; `nothing` where the result does not hold what it shows. */
export type Section = (result: EvaluationResult, plots: PlotData, options: ReportOptions) => Markup;

/** The parts of the page below the cards, in their order. A further part of a result is a further file beside this one and a line here. */
export const sections: readonly Section[] = [
  overall,
  maps,
  genesAndCells,
  byLabel,
  markers,
  chromatin,
  requests,
  privacy,
  (_result, _plots, options) => training(options),
  method,
];

import type { LossCurve } from './loss-chart';

export interface ReportOptions {
  /** Heading of the page. */
  readonly title?: string;
  /** When it was made, as text to show. */
  readonly createdAt?: string;
  /** Loss curves of the trainings behind the cells, as far as known. */
  readonly losses?: readonly LossCurve[];
}

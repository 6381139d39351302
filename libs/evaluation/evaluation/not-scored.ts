/** A set that has no scores, and why. */
export interface NotScored {
  readonly reason: string;
}

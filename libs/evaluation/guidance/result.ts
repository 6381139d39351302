/** How cells generated with some weights fit one attribute. */
export interface AttributeFit {
  /** The attribute, e.g. `cell_type`. */
  readonly name: string;
  /**
   * Share of the cells whose k = 15 nearest real cells, by majority vote, carry the value that was asked for; in the PCA space of the real cells.
   */
  readonly agreement: number;
  /**
   * Total variance of the generated cells within values of the attribute over that of the real cells, in the same space, pooled over the values by their
   * generated cells. Far below 1: the cells have collapsed. `null` when no value has two cells on both sides.
   */
  readonly spreadRatio: number | null;
  /** Value by value, in the order of their names. */
  readonly values: readonly {
    readonly value: string;
    /** Generated cells of it. */
    readonly cells: number;
    readonly agreement: number;
    readonly spreadRatio: number | null;
  }[];
}

/** One choice of weights, and the cells it makes. */
export interface WeightsFit {
  /** Weight by attribute, of all attributes of the model. */
  readonly weights: Readonly<Record<string, number>>;
  readonly attributes: readonly AttributeFit[];
  /** Plain mean over the attributes. */
  readonly meanAgreement: number;
  /** Whether the spread ratio of every attribute lies within the band. */
  readonly withinBand: boolean;
}

export interface GuidanceSettings {
  /** Spread ratios that are neither a collapse nor a blur. */
  readonly band: readonly [low: number, high: number];
  /** Highly variable genes and components of the PCA space. */
  readonly hvg: number;
  readonly components: number;
  /** Cells generated with each choice of weights. */
  readonly cells: number;
  readonly seed: number;
}

export const defaultGuidanceSettings: GuidanceSettings = { band: [0.8, 1.25], hvg: 2000, components: 30, cells: 500, seed: 0 };

/** A sweep over guidance weights. JSON values only; `guidance.json` is its serialisation. */
export interface GuidanceResult {
  readonly format: 'cfgen-guidance';
  readonly formatVersion: 1;
  /** Version of the software that computed it. */
  readonly software: string;
  /** Identity of the model. */
  readonly model: string;
  readonly real: { readonly name: string; readonly cells: number };
  readonly settings: GuidanceSettings;
  /** The same real cells in the place of generated ones, each voted on by the others: agreement cannot be expected to be much higher. */
  readonly realAgreement: readonly { readonly name: string; readonly agreement: number }[];
  readonly sweep: readonly WeightsFit[];
  /** The smallest weights within the band that obey as well as any, by `recommend`; `null` with the reason when there are none. */
  readonly recommended: { readonly weights: Readonly<Record<string, number>>; readonly meanAgreement: number } | null;
  readonly reason?: string;
}

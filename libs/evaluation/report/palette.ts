/** Real and generated cells: blue and vermilion of the Okabe-Ito palette, told apart with any colour vision. */
export const realColour = '#0072B2';
export const generatedColour = '#D55E00';

/** What is neither: axes, helper lines, cells of no or of a rare label. */
export const neutralColour = '#9AA3AD';

/** Okabe-Ito first (https://jfly.uni-koeln.de/color/), then darker and lighter neighbours; adjacent entries differ in lightness too. */
export const labelColours: readonly string[] = [
  '#0072B2',
  '#E69F00',
  '#009E73',
  '#CC79A7',
  '#56B4E9',
  '#D55E00',
  '#332288',
  '#C6B800',
  '#882255',
  '#44AA99',
  '#8C564B',
  '#4D4D4D',
];

/** A label in the legend; `undefined` stands for all that have no colour of their own. */
export interface LabelColour {
  readonly label: string | undefined;
  readonly name: string;
  readonly colour: string;
}

/** Colours of labels, most frequent first; beyond twelve the rest share grey, as do cells without a label. */
export function coloursOf(labels: readonly string[], hasUnlabelled: boolean): LabelColour[] {
  const fits = labels.length <= labelColours.length;
  const own = labels.slice(0, fits ? labels.length : labelColours.length - 1);
  const colours: LabelColour[] = own.map((label, at) => ({ label, name: label, colour: labelColours[at] }));
  const others = labels.length - own.length;
  if (others > 0 || hasUnlabelled) {
    colours.push({ label: undefined, name: others > 0 ? `${others} other labels` : 'no label', colour: neutralColour });
  }
  return colours;
}

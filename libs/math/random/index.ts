export { philox, type RandomKey } from './philox';
export { randomKey } from './random-key';
export { fillNormal, fillUniform, type RowDraws } from './indexed-draws';
export type { RandomSource } from './random-source';
export { RandomStream } from './random-stream';
export { shuffle } from './shuffle';
export { weightedSampler, type WeightedSampler } from './weighted-sampler';

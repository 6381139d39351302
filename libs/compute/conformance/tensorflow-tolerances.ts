import { float32Tolerances, type Tolerances } from './tolerances';

/** On the TensorFlow library: those of every float32 engine, but for what is named here. */
export const libraryTolerances: Tolerances = {
  ...float32Tolerances,
  // The gradient by ln theta is a difference of terms as large as the mean, which operations on whole arrays round one by one: 1e-7 of the
  // mean is left, where the fused kernels have a series. It shows for theta above 1e6 alone.
  negativeBinomialLoss: { relative: 4e-5, absolute: 5e-6 },
};

/** On WebGPU. */
export const webGpuTolerances: Tolerances = {
  ...libraryTolerances,
  // WGSL lets exp(x) be 3 + 2 |x| units in the last place off.
  bernoulliMeans: { relative: 1e-5, absolute: 1e-37 },
  negativeBinomialMeans: { relative: 1e-5, absolute: 0 },
};

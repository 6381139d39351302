import { engineConformance } from '../conformance/engine-conformance';
import { createTensorflowEngine } from './tensorflow-engine';
import { webGpuTolerances } from '../conformance/tensorflow-tolerances';
import { trainingCases } from '../conformance/tensorflow-training-cases';

engineConformance(
  'tensorflow engine on WebGPU',
  (options) => createTensorflowEngine({ ...options, devices: ['webgpu'] }),
  webGpuTolerances,
  // A WebGPU in software takes some 3 s for one product of this shape, and the suite takes 100 of them.
  ({ title }) => !title.includes('300x517x129'),
);

trainingCases('webgpu');

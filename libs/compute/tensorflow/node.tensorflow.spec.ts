import { engineConformance } from '../conformance/engine-conformance';
import { createTensorflowEngine } from './tensorflow-engine';
import { libraryTolerances } from './tolerances';
import { trainingCases } from './training-cases';

engineConformance(
  'tensorflow engine on the TensorFlow library, on processors',
  (options) => createTensorflowEngine({ ...options, devices: ['node'] }),
  libraryTolerances,
);

trainingCases('node');

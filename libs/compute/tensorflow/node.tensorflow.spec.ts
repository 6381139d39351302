import { engineConformance } from '../conformance/engine-conformance';
import { createTensorflowEngine } from './tensorflow-engine';
import { libraryTolerances } from '../conformance/tensorflow-tolerances';
import { trainingCases } from '../conformance/tensorflow-training-cases';

engineConformance(
  'tensorflow engine on the TensorFlow library, on processors',
  (options) => createTensorflowEngine({ ...options, devices: ['node'] }),
  libraryTolerances,
);

trainingCases('node');

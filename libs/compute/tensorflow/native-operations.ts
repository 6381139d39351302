import type { AdamStep, DeviceOperations, Variables } from './device';
import type { Operations, Value } from './operations';

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The backend of `@tensorflow/tfjs-node` and `-gpu`: any operation of the TensorFlow library by its name. */
export interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<Record<string, number>> & { readonly TF_Version: string };
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly Value[]): Value;
  executeMultipleOutputs(name: string, attributes: readonly Attribute[], inputs: readonly Value[], outputs: number): Value[];
}

/** Operations that TensorFlow has and TensorFlow.js does not offer, or offers with a detour. */
export function nativeOperations(tf: Operations, backend: NodeBackend): DeviceOperations {
  const { binding } = backend;
  const type = (name: string, value: number | undefined): Attribute => ({ name, type: binding['TF_ATTR_TYPE'], value });
  const waves = (x: Value, turns: readonly number[]) => {
    const angle = tf.mul(
      x,
      tf.tensor(
        Float32Array.from(turns, (turn) => 2 * Math.PI * turn),
        [1, turns.length],
        'float32',
      ),
    );
    return { sin: tf.sin(angle), cos: tf.cos(angle) };
  };
  return {
    log1p: (x) => tf.log1p(x),
    expm1: (x) => tf.expm1(x),
    waves,
    rowSums: (x) => tf.sum(x, 1, true),
    // TensorFlow.js would bring the indices back from the device to look at each.
    gather(x, indices) {
      const attributes = [
        { name: 'batch_dims', type: binding['TF_ATTR_INT'], value: 0 },
        type('Tparams', binding['TF_FLOAT']),
        type('Tindices', binding['TF_INT32']),
        type('Taxis', binding['TF_INT32']),
      ];
      return tf.tidy(() => {
        const axis = tf.tensor(Int32Array.of(0), [], 'int32');
        return backend.executeSingleOutput('GatherV2', attributes, [x, indices, axis]);
      });
    },
    variables: variablesOf(backend),
  };
}

/** Variables are named one after the other in a process, so that no two are the same. */
let variablesMade = 0;

function variablesOf(backend: NodeBackend): Variables {
  const { binding } = backend;
  const flag = (name: string, value: boolean): Attribute => ({ name, type: binding['TF_ATTR_BOOL'], value });
  const text = (name: string, value: string): Attribute => ({ name, type: binding['TF_ATTR_STRING'], value });
  const floats = (name: string): Attribute => ({ name, type: binding['TF_ATTR_TYPE'], value: binding['TF_FLOAT'] });
  return {
    create: (shape) =>
      backend.executeSingleOutput(
        'VarHandleOp',
        [
          floats('dtype'),
          { name: 'shape', type: binding['TF_ATTR_SHAPE'], value: [...shape] },
          text('shared_name', `cfgen-${variablesMade++}`),
          text('container', ''),
        ],
        [],
      ),
    assign(handle, value) {
      backend.executeMultipleOutputs('AssignVariableOp', [floats('dtype')], [handle, value], 0);
    },
    read: (handle) => backend.executeSingleOutput('ReadVariableOp', [floats('dtype')], [handle]),
    destroy(handle) {
      backend.executeMultipleOutputs('DestroyResourceOp', [flag('ignore_lookup_error', true)], [handle], 0);
      handle.dispose();
    },
    applyAdam(step: AdamStep) {
      const { variable, firstMoment, secondMoment, gradient, rate, beta1, beta2, epsilon, zero } = step;
      // The powers of both betas are given as 0: the bias corrections are in the rate and in epsilon, in float64.
      backend.executeMultipleOutputs(
        'ResourceApplyAdam',
        [floats('T'), flag('use_locking', false), flag('use_nesterov', false)],
        [variable, firstMoment, secondMoment, zero, zero, rate, beta1, beta2, epsilon, gradient],
        0,
      );
    },
  };
}

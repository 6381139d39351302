"""
CFGen in plain PyTorch on the CPU, timed, to measure CFGen against. Prints one JSON object.

    python pytorch_cfgen.py check --velocity velocity_net.json --autoencoder autoencoder_step.json --solvers ode.json
    python pytorch_cfgen.py train --data cells.h5ad --split split.tsv --label cell_type --epochs 5 --flow-steps 200
    python pytorch_cfgen.py generate --model folder --cells 10000 --solver dopri5 --out cells.h5ad

All times are seconds of wall clock after a warm-up.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time


def main():
    options = parse()
    os.environ['OMP_NUM_THREADS'] = str(options.threads)
    import torch

    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(options.seed)
    result = {'check': run_check, 'train': run_train, 'generate': run_generate}[options.what](options)
    about = {'peakMemory': peak_memory(), 'processorTime': time.process_time(), 'threads': torch.get_num_threads(), 'versions': versions()}
    print(json.dumps(result | about))


def parse():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument('--threads', type=int, default=2)
    common.add_argument('--seed', type=int, default=0)
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest='what', required=True)
    check = commands.add_parser('check', parents=[common])
    for name in ('--velocity', '--autoencoder', '--solvers'):
        check.add_argument(name)
    train = commands.add_parser('train', parents=[common])
    for name in ('--data', '--split', '--label'):
        train.add_argument(name, required=True)
    train.add_argument('--min-cells', type=int, default=30)
    train.add_argument('--epochs', type=int, required=True)
    train.add_argument('--flow-steps', type=int, required=True)
    generate = commands.add_parser('generate', parents=[common])
    for name in ('--model', '--out'):
        generate.add_argument(name, required=True)
    generate.add_argument('--cells', type=int, required=True)
    generate.add_argument('--warm-up-cells', type=int, default=256)
    generate.add_argument('--solver', choices=['dopri5', 'rk4'], required=True)
    generate.add_argument('--steps', type=int, default=10)
    generate.add_argument('--tolerance', type=float, default=1e-5)
    return parser.parse_args()


def run_check(options):
    from check_golden import check

    deviations = check(options.velocity, options.autoencoder, options.solvers)
    worst = max(deviations.values(), default=float('inf'))
    if worst > 1e-9:
        sys.exit(f'error: the PyTorch networks differ from the recorded numbers by {worst}: {deviations}')
    return {'checked': len(deviations), 'largestDeviation': worst}


def run_train(options):
    from files import training_cells
    from training import measure_training

    counts, codes = training_cells(options.data, options.split, options.label, options.min_cells)
    seconds = measure_training(counts, codes, options.epochs, options.flow_steps)
    return {'seconds': seconds, 'facts': {'cells': counts.shape[0], 'genes': counts.shape[1]}}


def run_generate(options):
    from generation import generate

    settings = (options.solver, options.steps, options.tolerance)
    generate(options.model, options.warm_up_cells, options.out, *settings, options.seed)
    result = generate(options.model, options.cells, options.out, *settings, options.seed)
    return {'seconds': {name: [value] for name, value in result['seconds'].items()}, 'facts': result['facts']}


def peak_memory():
    """Bytes. Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == 'darwin' else peak * 1024


def versions():
    from importlib.metadata import version

    return {'Python': platform.python_version()} | {name: version(name) for name in ('torch', 'numpy', 'scipy', 'anndata')}


if __name__ == '__main__':
    main()

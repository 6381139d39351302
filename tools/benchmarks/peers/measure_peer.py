"""
One of the other sides, timed, to measure CFGen against. Prints one JSON object. Peers: `pytorch`, the same model as a careful PyTorch user
would write it; `authors`, the authors' code re-expressed as shipped; `scvi`, scVI of scvi-tools.

    python measure_peer.py check --velocity velocity_net.json --autoencoder autoencoder_step.json --solvers ode.json
    python measure_peer.py train --peer authors --data cells.h5ad --split split.tsv --label cell_type --epochs 5 --flow-epochs 5 --flow-steps 200
    python measure_peer.py generate --peer authors --model folder --cells 10000 --out cells.h5ad
    python measure_peer.py whole --peer authors --data ... --epochs 30 --flow-epochs 150 --cells 10000 --out cells.h5ad
    python measure_peer.py solvers --model folder --cells 1000

All times are seconds of wall clock after a warm-up, except those of `whole`.
"""

import argparse
import json
import logging
import os
import platform
import resource
import sys
import warnings


def main():
    options = parse()
    os.environ['OMP_NUM_THREADS'] = str(options.threads)
    import torch

    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(options.seed)
    # Advice on how to run these packages, which are run as their authors and users do. Errors still end the process.
    warnings.filterwarnings('ignore')
    logging.disable(logging.INFO)
    run = {'check': run_check, 'train': run_train, 'generate': run_generate, 'whole': run_whole, 'solvers': run_solvers}
    print(json.dumps(run[options.what](options) | about(torch)))


def parse():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument('--threads', type=int, default=2)
    common.add_argument('--seed', type=int, default=0)
    common.add_argument('--steps', type=int, default=10)
    peer = argparse.ArgumentParser(add_help=False)
    peer.add_argument('--peer', choices=['pytorch', 'authors', 'scvi'], required=True)
    cells = argparse.ArgumentParser(add_help=False)
    for name in ('--data', '--split', '--label'):
        cells.add_argument(name, required=True)
    cells.add_argument('--min-cells', type=int, default=30)
    cells.add_argument('--epochs', type=int, required=True)
    cells.add_argument('--flow-epochs', type=int, required=True)
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest='what', required=True)
    check = commands.add_parser('check', parents=[common])
    for name in ('--velocity', '--autoencoder', '--solvers'):
        check.add_argument(name)
    train = commands.add_parser('train', parents=[common, peer, cells])
    train.add_argument('--flow-steps', type=int, required=True)
    whole = commands.add_parser('whole', parents=[common, peer, cells])
    # scVI trains the model that it generates from: it takes the cells, the others a model folder.
    generate = commands.add_parser('generate', parents=[common, peer])
    for name in ('--data', '--split', '--label', '--model'):
        generate.add_argument(name)
    generate.add_argument('--min-cells', type=int, default=30)
    generate.add_argument('--epochs', type=int, default=1)
    generate.add_argument('--warm-up-cells', type=int, default=256)
    for command in (generate, whole):
        command.add_argument('--cells', type=int, required=True)
        command.add_argument('--out', required=True)
    solvers = commands.add_parser('solvers', parents=[common])
    solvers.add_argument('--model', required=True)
    solvers.add_argument('--cells', type=int, default=1000)
    return parser.parse_args()


def source(options):
    return options.data, options.split, options.label, options.min_cells


def run_check(options):
    from check_golden import check

    deviations = check(options.velocity, options.autoencoder, options.solvers)
    worst = max(deviations.values(), default=float('inf'))
    if worst > 1e-9:
        sys.exit(f'error: the PyTorch networks differ from the recorded numbers by {worst}: {deviations}')
    return {'facts': {'checked': len(deviations), 'largestDeviation': worst}, 'seconds': {}}


def run_train(options):
    from files import training_cells

    cells = training_cells(*source(options))
    if options.peer == 'scvi':
        from scvi_tools import measure_training

        seconds = measure_training(cells, options.epochs)
    elif options.peer == 'authors':
        from authors_training import measure_authors_training

        seconds = measure_authors_training(cells, options.epochs, options.flow_epochs, options.flow_steps)
    else:
        from training import measure_training

        seconds = measure_training(cells, options.epochs, options.flow_steps)
    return {'seconds': seconds, 'facts': {'cells': cells.counts.shape[0], 'genes': cells.counts.shape[1]}}


def run_generate(options):
    if options.peer == 'scvi':
        import scvi_tools
        from files import training_cells

        cells = training_cells(*source(options))
        model = scvi_tools.new_model(cells)
        scvi_tools.train(model, options.epochs)
        generate = lambda count: scvi_tools.generate(model, cells.genes, count, options.out, options.seed)
    else:
        import generation
        from files import load_model

        # CFGen opens its model folder within the time, so the folder is loaded within it here as well.
        as_authors = options.peer == 'authors'
        generate = lambda count: generation.generate(load_model(options.model), count, options.out, as_authors, options.steps, options.seed)
    generate(options.warm_up_cells)
    return generate(options.cells)


def run_whole(options):
    from whole import measure_whole

    lengths = (options.epochs, options.flow_epochs, options.cells)
    return measure_whole(options.peer, source(options), *lengths, options.out, options.steps, options.seed)


def run_solvers(options):
    from files import load_model
    from generation import solver_difference

    return {'facts': solver_difference(load_model(options.model), options.cells, options.steps, options.seed), 'seconds': {}}


def about(torch):
    from importlib.metadata import version

    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    # Linux counts in KiB, macOS in bytes. Workers of a data loader are left out of the peak, not of the time.
    peak = own.ru_maxrss if sys.platform == 'darwin' else own.ru_maxrss * 1024
    packages = ('torch', 'torchdyn', 'scvi-tools', 'pytorch-lightning', 'numpy', 'anndata')
    return {
        'peakMemory': peak,
        'processorTime': own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
        'threads': torch.get_num_threads(),
        'engine': f'vectors: {torch.backends.cpu.get_cpu_capability()}',
        'versions': {'Python': platform.python_version()} | {name: version(name) for name in packages},
    }


if __name__ == '__main__':
    main()

import type { EvaluateSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { evaluationSettingsOf, type EvaluationOptions } from '../options/evaluation';
import { duration } from '../terminal/quantities';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { addComputeOptions, addOutputOptions, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { howToRead, privacyLines, requestLines, scoreTable } from './score-table';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions, EvaluationOptions {
  readonly label?: string;
  readonly donor?: string;
  readonly training?: string;
  readonly split?: string;
  readonly layer?: string;
  readonly model?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen evaluate real.h5ad synthetic.h5ad --label cell_type
  cfgen evaluate real.h5ad synthetic.h5ad --label cell_type --split split.tsv      test cells, beside floor and baseline
  cfgen evaluate real.h5mu synthetic.h5mu --label cell_type --split split.tsv      RNA and ATAC, each by its own figures
  cfgen evaluate real.h5ad synthetic.h5ad --label cell_type --split split.tsv --donor donor --out report/
  cfgen evaluate test.h5ad seed0.h5ad seed1.h5ad seed2.h5ad --label cell_type --training train.h5ad --out report/
  cfgen evaluate real.h5ad run:01ARZ3NDEKTSV4RRFFQ69G5FAV --label cell_type --server http://cfgen:8080`;

export function addEvaluate(program: Command, session: Session): void {
  const command = program
    .command('evaluate')
    .summary('compare generated cells with real ones')
    .description('Compares generated cells with real ones: figures in metrics.json, and a report with tables and plots.')
    .argument('<real>', 'real cells that the model was not trained on')
    .argument('<synthetic...>', 'generated files; several are replicates of one model')
    .option('--label <column>', 'obs column to compare by, such as cell_type')
    .option('--training <file>', 'real cells the model was trained on, for the real-against-real floor and the baseline')
    .option('--split <file>', 'use the "test" cells of the real file, and its "train" cells as training cells')
    .option('--donor <column>', 'obs column of the real files that says who each cell is from: the privacy audit looks at each donor')
    .option('--bootstrap <n>', 'draws of resampled cells behind the 95 % intervals (default: 100; 0: no intervals)')
    .option('--markers <n>', 'marker genes of each label that are compared (default: 20; 0: none)')
    .option('--layer <name>', 'layer of the real files that holds the counts')
    .option('--model <folder>', 'model that made the cells: its loss curves go into the report')
    .option('--seed <n>', 'the same seed gives the same figures', '0')
    .option('--out <folder>', 'folder for metrics.json and report.html', 'report')
    .option('--overwrite', 'replace a report that is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (real: string, synthetic: readonly string[], options: Options) => {
      if (serverOf(session, options) === undefined) return evaluate(session, real, synthetic, options);
      const { evaluateOnServer } = await import('../server/start-work');
      return evaluateOnServer(session, real, synthetic, options);
    });
}

async function evaluate(session: Session, real: string, generated: readonly string[], options: Options): Promise<void> {
  const { label, donor, training, split, layer, model } = options;
  const request = {
    real,
    generated,
    out: options.out,
    overwrite: options.overwrite === true,
    settings: { seed: seedOf(options.seed), ...evaluationSettingsOf(options) },
    ...(label === undefined ? {} : { label }),
    ...(donor === undefined ? {} : { donor }),
    ...(training === undefined ? {} : { training }),
    ...(split === undefined ? {} : { split }),
    ...(layer === undefined ? {} : { layer }),
    ...(model === undefined ? {} : { model }),
  };
  await runStep(session, options, 'No report was written; run the same command again.', async ({ context, times }) => {
    const { evaluateFiles } = await import('@cfgen/stages');
    return answer(await evaluateFiles(request, context), times.total());
  });
}

function answer({ metrics, report, result }: EvaluateSummary, seconds: number): Answer {
  return {
    lines: [
      ...scoreTable(result),
      '',
      ...howToRead(result),
      '',
      ...requestLines(result),
      ...privacyLines(result),
      '',
      `Report: ${report}`,
      `Figures: ${metrics}`,
      `Time: ${duration(seconds)}`,
    ],
    json: {
      command: 'evaluate',
      metrics,
      report,
      real: result.real,
      generated: result.generated,
      training: result.training,
      summary: result.summary,
      floor: 'reason' in result.floor ? result.floor : { name: result.floor.name, cells: result.floor.cells, of: result.floor.of },
      privacy:
        'reason' in result.privacy
          ? result.privacy
          : { passed: result.privacy.passed, signs: result.privacy.signs, remarks: result.privacy.remarks },
      ...(result.chromatin === undefined ? {} : { chromatin: result.chromatin.summary }),
      ...(result.requests === undefined ? {} : { requests: result.requests }),
      baseline: 'reason' in result.baseline ? result.baseline : { name: result.baseline.name, cells: result.baseline.cells },
    },
  };
}

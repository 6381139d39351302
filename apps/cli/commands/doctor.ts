import os from 'node:os';
import { CfgenError } from '@cfgen/contracts';
import type { PlatformState } from '@cfgen/service-host';
import type { Command } from 'commander';
import type { EngineState } from '../machine/engines';
import { folderState } from '../machine/temporary-folder';
import { wasmFeatures, type WasmFeatures } from '../machine/wasm-features';
import { bytes, counted } from '../terminal/quantities';
import { problemLines } from '../terminal/messages';
import { indented, table } from '../terminal/tables';
import { addOutputOptions, memoryBytes, threadCount, type OutputOptions } from './common-options';
import { noteProblem, printAnswer, type Answer, type Session } from './session';

/** Free space below which a larger data set may not fit its temporary files. */
const littleSpace = 2 * 2 ** 30;

export function addDoctor(program: Command, session: Session): void {
  const command = program
    .command('doctor')
    .summary('say what this machine has, what is missing and what to do')
    .description(
      'Says what CFGen finds on this machine: Node, processors, memory, engines, room for temporary files, and what a server would run on.',
    );
  addOutputOptions(command).action(async (options: OutputOptions) => {
    printAnswer(session, await examine(session), options.json === true);
  });
}

async function examine(session: Session): Promise<Answer> {
  const { automaticChoice, engineState } = await import('../machine/engines');
  const threads = threadCount(undefined);
  const automatic = await automaticChoice(threads);
  const engines = [
    await engineState('native', threads),
    await engineState('wasm', threads),
    await engineState('tensorflow', threads),
    await engineState('reference', 1),
  ];
  const wasm = wasmFeatures();
  const temporary = folderState(os.tmpdir());
  const allowed = process.constrainedMemory();
  const memory = {
    totalBytes: os.totalmem(),
    allowedBytes: allowed > 0 && allowed < os.totalmem() ? allowed : null,
    ceilingBytes: memoryBytes(undefined),
  };
  const processors = { threads, model: os.cpus()[0]?.model.trim() ?? 'unknown' };

  for (const { name, available, detail, hint } of engines) {
    // Packages of TensorFlow are not missing from a machine without a GPU: the table says how things stand.
    if (available || name === 'tensorflow') continue;
    const message = `the engine ${name} is not available: ${detail}`;
    noteProblem(session, { severity: 'warning', code: 'engine-unavailable', message, ...(hint === undefined ? {} : { hint }) });
  }
  if (!temporary.writable) {
    noteProblem(session, {
      severity: 'error',
      code: 'temporary-folder-unusable',
      message: `files cannot be written to ${temporary.path}: ${temporary.reason ?? ''}`,
      hint: 'Set TMPDIR to a folder that can be written to.',
    });
  } else if (temporary.freeBytes !== null && temporary.freeBytes < littleSpace) {
    noteProblem(session, {
      severity: 'warning',
      code: 'temporary-folder-small',
      message: `only ${bytes(temporary.freeBytes)} are free in ${temporary.path}`,
      hint: 'Large data sets need room for temporary files: free some, or set TMPDIR to another folder.',
    });
  }
  const platform = await platformState(session);
  const usable = automatic !== null && temporary.writable && platform !== null && platform.ports.every(({ problem }) => problem === null);
  if (!usable) session.status = 1;

  return {
    lines: [
      `CFGen ${session.version}`,
      ...indented(
        table([
          ['Node', `${process.version}, ${process.platform} ${process.arch}`],
          ['processors', `${counted(threads, 'thread')}, ${processors.model}`],
          ['memory', `${bytes(memory.totalBytes)}; up to ${bytes(memory.ceilingBytes)} for counts unless --memory says otherwise`],
          ['WebAssembly', featureText(wasm)],
          ['temporary files', `${temporary.path}${temporary.freeBytes === null ? '' : `, ${bytes(temporary.freeBytes)} free`}`],
          ...engines.map((engine) => [`engine ${engine.name}`, engineText(engine)]),
          ['engine auto', automatic?.reason ?? 'none can start'],
          ...(platform === null ? [] : platform.ports.map(({ port, adapter }) => [`server: ${port}`, adapter])),
        ]),
      ),
      ...(session.problems.length === 0 ? [] : ['', ...session.problems.flatMap(problemLines)]),
      '',
      usable ? 'Ready. Try it: cfgen quickstart' : 'Not usable as it is.',
    ],
    json: {
      command: 'doctor',
      usable,
      version: session.version,
      node: process.version,
      platform: process.platform,
      architecture: process.arch,
      processors,
      memory,
      wasm,
      temporary,
      engines,
      automatic,
      server: platform,
    },
  };
}

/** What `cfgen serve` and the services would run on; what is wrong with it becomes a problem. Null: the configuration cannot be used. */
async function platformState(session: Session): Promise<PlatformState | null> {
  const { examinePorts } = await import('@cfgen/service-host');
  try {
    const platform = await examinePorts(session.environment);
    for (const { port, adapter, problem } of platform.ports) {
      if (problem !== null)
        noteProblem(session, { severity: 'error', code: 'server-port-unusable', message: `${port}: ${adapter}: ${problem}` });
    }
    return platform;
  } catch (error) {
    if (!(error instanceof CfgenError)) throw error;
    const { message, hint } = error;
    noteProblem(session, { severity: 'error', code: 'configuration-invalid', message, ...(hint === undefined ? {} : { hint }) });
    return null;
  }
}

function featureText({ simd, threads, relaxedSimd }: WasmFeatures): string {
  const said = (name: string, there: boolean): string => `${name} ${there ? 'yes' : 'no'}`;
  return [said('SIMD', simd), said('threads', threads), said('relaxed SIMD', relaxedSimd)].join(', ');
}

function engineText({ available, detail }: EngineState): string {
  return available ? detail.replace(/^\w+: /, '') : `not available: ${detail}`;
}

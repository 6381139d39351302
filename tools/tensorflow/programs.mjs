// Programs that are run to prepare the folder, and how their failures are told.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ends the program with one line and a hint. @returns {never} */
export function refuse(message, hint) {
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exit(1);
}

/** Runs a program and answers what it printed; a failure ends this program with the last lines of its own words. */
export function runProgram(command, words, what, options = {}) {
  try {
    return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26, ...options });
  } catch (error) {
    if (error.code === 'ENOENT') return refuse(`${command} was not found: it is needed to ${what}`, `Install ${command}.`);
    const said = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .slice(-12);
    return refuse(`could not ${what}`, `It said:\n${said.join('\n')}`);
  }
}

/** Installs packages from npm that are not there in the wanted version, without running their install scripts. */
export function installPackages(folder, packages, again) {
  const missing = packages.filter((named) => {
    const at = named.lastIndexOf('@');
    const manifest = join(folder, 'node_modules', named.slice(0, at), 'package.json');
    return again || !existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== named.slice(at + 1);
  });
  if (missing.length === 0) return;
  process.stdout.write(`installing ${missing.join(', ')}\n`);
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...packages];
  runProgram('npm', words, `install ${missing.join(' ')}`, { cwd: folder, timeout: 300_000 });
}

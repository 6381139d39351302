// A Vulkan driver that needs no GPU (SwiftShader) and the loader for it, as npm has them inside a Chromium for servers. For tests: it is right, not fast.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { refuse, runProgram } from './programs.mjs';

export const vulkanPackage = '@sparticuz/chromium@147.0.0';

const files = ['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'];
const driverFolder = (folder) => join(folder, 'vulkan');

export function unpackSoftwareVulkan(folder, again) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    refuse(
      `the Vulkan driver in software is there for Linux x64 alone, not for ${process.platform} ${process.arch}`,
      'Leave out --software.',
    );
  }
  const target = driverFolder(folder);
  if (!again && files.every((file) => existsSync(join(target, file)))) return;
  mkdirSync(target, { recursive: true });
  const archive = join(target, 'driver.tar');
  const packed = join(folder, 'node_modules/@sparticuz/chromium/bin/swiftshader.tar.br');
  writeFileSync(archive, brotliDecompressSync(readFileSync(packed)));
  runProgram('tar', ['-xf', archive, '-C', target, ...files], 'unpack the Vulkan driver');
  rmSync(archive);
}

/** Variables by which a program finds the driver. */
export function softwareVulkan(folder) {
  const target = driverFolder(folder);
  return { LD_LIBRARY_PATH: target, VK_ICD_FILENAMES: join(target, 'vk_swiftshader_icd.json') };
}

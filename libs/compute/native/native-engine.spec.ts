import { describe, expect, it } from 'vitest';
import { engineConformance } from '../conformance/engine-conformance';
import { createNativeEngine } from './native-engine';
import { loadNativeAddon, nativeBuilds, type NativeBuild } from './native-module';

/** The builds that can run on this machine, none where no compiler was. Where the widest has products of bfloat16, its others are those of avx512. */
function runnableBuilds(): NativeBuild[] {
  try {
    const { widestBuild } = loadNativeAddon();
    return nativeBuilds.slice(0, nativeBuilds.indexOf(widestBuild) + 1).filter((build) => build === widestBuild || build !== 'avx512');
  } catch {
    return [];
  }
}

describe.runIf(runnableBuilds().length === 0)('the native engine', () => {
  it('says why it is not there', async () => {
    await expect(createNativeEngine()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: /no native engine: / });
  });
});

for (const build of runnableBuilds())
  engineConformance(`native engine, ${build}`, async (options) => createNativeEngine({ ...options, build }));

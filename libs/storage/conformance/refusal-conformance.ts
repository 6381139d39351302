import { expect, it } from 'vitest';
import { bytesOf, collect, expectSame } from './contents';
import type { StoreUnderTest } from './store-under-test';

/** What every blob store must refuse: addresses that are none, and imports from where none are allowed. */
export function refusalConformance(place: () => StoreUnderTest): void {
  it.each([
    '',
    '../../etc/passwd',
    '..',
    `${'a'.repeat(63)}/`,
    'A'.repeat(64),
    'a'.repeat(63),
    `${'a'.repeat(64)}\0`,
    `${'a'.repeat(64)}/../b`,
  ])('takes %j for no address', async (address) => {
    const refused = { code: 'REQUEST_INVALID' };
    await expect(place().store.read(address)).rejects.toMatchObject(refused);
    await expect(place().store.readWhole(address)).rejects.toMatchObject(refused);
    await expect(place().store.stat(address)).rejects.toMatchObject(refused);
    await expect(place().store.delete(address)).rejects.toMatchObject(refused);
    await expect(place().store.fetch(address, '/tmp/never-there')).rejects.toMatchObject(refused);
    await expect(place().store.presign(address, { seconds: 1, fileName: 'x', mediaType: 'text/plain' })).rejects.toMatchObject(refused);
    await expect(place().store.put(bytesOf(1, 1), { sha256: address })).rejects.toMatchObject(refused);
  });

  it('opens a data file in an allowed place', async () => {
    const { uri, fileName, content } = place().imports.allowed;
    const opened = await place().store.openImport(uri);
    expect(opened.fileName).toBe(fileName);
    expectSame(await collect(opened.content), content);
  });

  it('says when an allowed place has no such file', async () => {
    await expect(place().store.openImport(place().imports.missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('opens nothing elsewhere', async () => {
    for (const uri of place().imports.forbidden)
      await expect(place().store.openImport(uri), uri).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('refuses what is not the URI of a file', async () => {
    for (const uri of place().imports.invalid)
      await expect(place().store.openImport(uri), uri).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
}

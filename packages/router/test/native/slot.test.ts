// The slot that other addons read: what publishing takes and refuses. What they read is abi.test.ts.
import { expect, it } from 'vitest';
import { encodeTree } from '../../src/image/encode.ts';
import { Slot } from '../../src/native/slot.ts';
import { routerOf, thrownBy } from '../support/tables.ts';

function imageOf(paths: readonly string[]): Uint8Array {
  const router = routerOf(paths);
  return encodeTree(router, router.trees['GET']!).image;
}

const plan = {
  status: 200,
  head: Buffer.from('HTTP/1.1 200 OK\r\n'),
  body: Buffer.from('ok'),
  etag: Buffer.from(''),
};

it('counts what it publishes', () => {
  const slot = new Slot();
  expect(slot.generation).toBe(0);
  slot.publish([{ method: 'GET', image: imageOf(['/a']) }], [{ route: 0, ...plan }]);
  slot.publish([], []);
  expect(slot.generation).toBe(2);
  expect(typeof slot.abi).toBe('object');
});

it('refuses a damaged image, and stays where it was', () => {
  const slot = new Slot();
  slot.publish([{ method: 'GET', image: imageOf(['/a']) }], []);
  const image = Buffer.from(imageOf(['/b']));
  image[image.length - 1]! ^= 1;
  const error = thrownBy(() => slot.publish([{ method: 'GET', image }], []));
  expect(error.code).toBe('CATZ_ROUTER_BAD_IMAGE');
  expect(error.message).toContain('damaged, or of another version');
  expect(slot.generation).toBe(1);
});

it('refuses an image of another version', () => {
  const image = Buffer.from(imageOf(['/a']));
  image.writeUInt32LE(2, 4);
  const error = thrownBy(() => new Slot().publish([{ method: 'GET', image }], []));
  expect(error.code).toBe('CATZ_ROUTER_BAD_IMAGE');
});

it('refuses a plan for no route', () => {
  const methods = [{ method: 'GET', image: imageOf(['/a']) }];
  const error = thrownBy(() => new Slot().publish(methods, [{ route: 1, ...plan }]));
  expect(error.code).toBe('CATZ_ROUTER_BAD_IMAGE');
  expect(error.message).toContain('a plan is for no route');
});

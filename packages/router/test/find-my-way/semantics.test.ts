// Which versions of find-my-way native code may stand in for: those that find as it does, told by asking.
import FindMyWay from 'find-my-way';
import { expect, it } from 'vitest';
import { accelerate } from '../../src/engine/accelerate.ts';
import type { Router } from '../../src/find-my-way/router.ts';
import { semanticsFault } from '../../src/find-my-way/semantics.ts';
import { routerOf, thrownBy } from '../support/tables.ts';

interface Options {
  readonly maxParamLength?: number;
  readonly ignoreDuplicateSlashes?: boolean;
}

/** A class of routers whose find is another. */
function classOf(
  find: (this: Router, walk: Router['find'], ...args: Parameters<Router['find']>) => unknown,
): new (options: Options) => Router {
  const Walking = FindMyWay().constructor as new (options: Options) => Router;
  const { find: walk } = Walking.prototype as Router;
  const Changed = class extends Walking {};
  Object.defineProperty(Changed.prototype, 'find', {
    writable: true,
    value(this: Router, ...args: Parameters<Router['find']>) {
      return find.call(this, walk, ...args);
    },
  });
  return Changed;
}

/** Versions before 9.6 end the search at a parameter that is too long. */
const GivingUp = classOf(function givingUp(walk, method, url, derived) {
  const [path = ''] = url.split('?');
  const isTooLong = path.split('/').some(({ length }) => length > this.maxParamLength);
  return isTooLong ? null : walk.call(this, method, url, derived);
});

/** Versions before 9.10 overlook slashes in queries too. */
const Joining = classOf(function joining(walk, method, url, derived) {
  const seen = this.ignoreDuplicateSlashes ? url.replaceAll('//', '/') : url;
  return walk.call(this, method, seen, derived);
});

it('finds no fault with the installed version', () => {
  expect(semanticsFault(routerOf(['/a']))).toBeUndefined();
  expect(semanticsFault(routerOf(['/a'], { ignoreDuplicateSlashes: true }))).toBeUndefined();
});

it('does not stand in for a version that gives up at a parameter that is too long', () => {
  expect(semanticsFault(new GivingUp({}))).toContain('before 9.6');
});

it('does not stand in for a version that removes slashes from queries, where it is told to', () => {
  expect(semanticsFault(new Joining({ ignoreDuplicateSlashes: true }))).toContain('before 9.10');
  expect(semanticsFault(new Joining({}))).toBeUndefined();
});

it('tries the class that has the find, not one that extends it', () => {
  // A find of its own, so that nothing is known of it yet.
  const Finding = classOf(function finding(walk, ...asked) {
    return walk.apply(this, asked);
  });
  class Picky extends Finding {
    constructor(options?: Options, isReal = false) {
      super(options ?? {});
      if (!isReal) throw new Error('made without need');
    }
  }
  expect(semanticsFault(new Picky({}, true))).toBeUndefined();
});

it('does not stand in for a class that cannot be tried', () => {
  for (const thrown of [new Error('not now'), 'not now']) {
    const Failing = classOf(() => {
      throw thrown;
    });
    expect(semanticsFault(new Failing({}))).toBe('its class cannot be tried: not now');
  }
});

it('makes engine native unavailable then, and auto take another', () => {
  const router = new GivingUp({});
  router.on('GET', '/a', {}, () => 1);
  const error = thrownBy(() => accelerate(router, { engine: 'native' }));
  expect(error.code).toBe('CATZ_ROUTER_NATIVE_UNAVAILABLE');
  const { engines } = accelerate(router, { nativeThreshold: 1 });
  expect(engines[0]?.name).not.toBe('native');
  expect(engines[0]?.reason).toContain('before 9.6');
});

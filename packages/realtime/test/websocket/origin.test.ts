import { describe, expect, it } from 'vitest';
import { makeOriginCheck } from '../../src/websocket/origin.ts';
import type { Origins } from '../../src/websocket/origin.ts';

function mayConnect(origins: Origins, origin: string | undefined, host = 'shop.example'): boolean {
  return makeOriginCheck(origins)({ headers: { origin }, host });
}

describe("'same'", () => {
  it.for([
    ['http://shop.example', 'shop.example'],
    ['https://shop.example', 'shop.example'],
    ['https://SHOP.example', 'shop.Example'],
    ['https://shop.example', 'shop.example:443'],
    ['http://shop.example', 'shop.example:80'],
    ['http://shop.example:8080', 'shop.example:8080'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['http://127.0.0.1:3000', '127.0.0.1:3000'],
  ] as const)('lets a page of %s connect to %s', ([origin, host]) => {
    expect(mayConnect('same', origin, host)).toBe(true);
  });

  it.for([
    ['https://evil.example', 'shop.example'],
    ['https://shop.example.evil.example', 'shop.example'],
    ['https://evil-shop.example', 'shop.example'],
    ['https://sub.shop.example', 'shop.example'],
    ['https://shop.example:8443', 'shop.example'],
    ['http://shop.example', 'shop.example:443'],
    ['https://shop.example@evil.example', 'shop.example'],
    ['null', 'null'],
    ['null', 'shop.example'],
    ['', 'shop.example'],
    ['shop.example', 'shop.example'],
    ['file://', 'shop.example'],
    ['https://shop.example', ''],
    ['https://shop.example', 'shop.example/x@evil'],
  ] as const)('does not let %s connect to %s', ([origin, host]) => {
    expect(mayConnect('same', origin, host)).toBe(false);
  });
});

describe('a list', () => {
  const list = ['https://shop.example', 'http://localhost:5173'];

  it.for(['https://shop.example', 'https://shop.example:443', 'http://localhost:5173'])(
    'lets %s connect, wherever to',
    (origin) => {
      expect(mayConnect(list, origin, 'api.example')).toBe(true);
    },
  );

  it.for(['http://shop.example', 'https://api.example', 'http://localhost', 'null', ''])(
    'does not let %s connect',
    (origin) => {
      expect(mayConnect(list, origin, 'api.example')).toBe(false);
    },
  );
});

it("lets anybody connect with '*'", () => {
  expect(mayConnect('*', 'https://evil.example')).toBe(true);
});

it.for(['same', '*', ['https://shop.example']] as const)(
  'lets clients connect that are no pages, with %s',
  (origins) => {
    expect(mayConnect(origins, undefined)).toBe(true);
  },
);

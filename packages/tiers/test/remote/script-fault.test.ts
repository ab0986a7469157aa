import { expect, it } from 'vitest';
import { faultOfScript } from '../../src/remote/script-fault.ts';

it.each([
  ["ERR The user executing the script can't run this command or subcommand", 'misconfigured'],
  ['ERR ACL failure in script: No permissions to access a key', 'misconfigured'],
  [
    "ERR Error running script (call to f_1): @user_script: 3: -OOM command not allowed when used memory > 'maxmemory'.",
    'write',
  ],
  [
    "ERR Error running script (call to f_1): @user_script: 3: -READONLY You can't write against a read only replica.",
    'write',
  ],
  [
    'ERR Error running script (call to f_1): @user_script:3: user_script:3: attempt to call nil',
    'request',
  ],
  ['OOM command not allowed', 'write'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'request'],
])('finds the kind of %s', (message, fault) => {
  expect(faultOfScript(Object.assign(new Error(message), { name: 'ReplyError' }))).toBe(fault);
});

it('takes what is no error for the caller’s', () => {
  expect(faultOfScript('text')).toBe('request');
});

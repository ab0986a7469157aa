// What kind of failure a script's error is. A server that fails a command within a script may put its own code in front
// of that command's, which then looks like the caller's fault.
// Source: eval.c and script.c of Redis 7 and Valkey, scripting.c of Redis 6.
import { faultOf } from '@catzilla/bus/redis';
import type { RemoteFault } from './remote-tier.ts';

const REFUSED = /^ERR (?:ACL failure in script|The user executing the script can't)/;
/** Redis 6: `ERR Error running script (call to f_…): @user_script: 3: -OOM command not allowed …`. */
const WRAPPED = /^ERR Error running script [^]*: -([A-Z]+ [^]*)$/;

/** Classifies what a command or script rejected with. */
export function faultOfScript(error: unknown): RemoteFault {
  const fault = faultOf(error);
  if (fault !== 'request' || !(error instanceof Error)) return fault;
  if (REFUSED.test(error.message)) return 'misconfigured';
  const inner = WRAPPED.exec(error.message)?.[1];
  return inner === undefined
    ? fault
    : faultOf(Object.assign(new Error(inner), { name: error.name }));
}

// Opens L2, and puts around it what a tier across a network needs: deadline and breaker, the queue of writes that wait, and
// what must be told again once it is back.
import { createGuard } from '../faults/create-guard.ts';
import { RecoveryQueue } from '../faults/recovery.ts';
import { WriteBehind } from '../faults/write-behind.ts';
import type { RemoteFault } from '../remote/remote-tier.ts';
import { namespaceEpochName } from '../tags/epochs.ts';
import type { Opening, RemoteSide } from './core.ts';
import { applyClear } from './invalidate.ts';
import { sizeOfPending } from './pending.ts';
import type { Pending } from './pending.ts';
import { receiveExternal } from './receive.ts';
import { syncClock } from './recover.ts';
import { isWorthAsking, remoteStateOf } from './remote-state.ts';
import { flushRemote, hideOlder } from './remote-side.ts';
import { tellState } from './tell-state.ts';

/** Begins to connect; a server that is down is no error. */
export function openRemote(core: Opening): RemoteSide | undefined {
  const { settings, clock } = core;
  if (settings.remote === undefined) return undefined;
  const first = firstConnection();
  let lastFault: RemoteFault | undefined;
  const store = settings.remote.open({
    name: core.name,
    now: () => clock.now(),
    onState(state) {
      if (state === 'ready') void greet(core, lastFault).then(first.end);
      else if (state !== 'connecting') first.end();
      tellState(core, 'remote', core.remote?.state ?? state, core.remote?.guard.lastError);
    },
    onExternal: (changed) => receiveExternal(core, changed),
  });
  if (store.state !== 'connecting') first.end();
  const guard = createGuard({
    deadline: settings.deadline.remote,
    maxInFlight: settings.maxInFlight,
    // The first calls of a process would find no connection yet.
    connecting: () => (first.hasEnded ? undefined : first.promise),
    faultOf: (error) => (lastFault = store.faultOf(error)),
    ping: () => store.ping(),
    probeWrite: () => store.probeWrite(),
    reset: () => store.reset(),
    mono: () => clock.mono(),
    now: () => clock.now(),
    onChange: () => tellState(core, 'remote', side.state, guard.lastError),
  });
  const recovery = new RecoveryQueue({
    epochOf: namespaceEpochName,
    onOverflow: (ns, kind, stamp) => {
      if (kind === 'hard') applyClear(core, ns, stamp);
    },
  });
  const queue = new WriteBehind<Pending>({
    sizeOf: sizeOfPending,
    flush: (batch) => flushRemote(core, batch),
    onDrop: (_, pending) => {
      if (!pending.isNews) return;
      const { ns, key, created } = pending;
      hideOlder(core, pending);
      void core.announcer?.keys(ns, [key], created);
    },
  });
  const side: RemoteSide = {
    store,
    guard,
    queue,
    recovery,
    mode: settings.write.remote,
    connected: first.promise,
    get state() {
      return remoteStateOf(side, lastFault);
    },
  };
  return side;
}

// A connection again: the breaker need not wait for its next probe. Stamps made before the clocks agree could lie seconds
// beside those of others.
async function greet(core: Opening, lastFault: RemoteFault | undefined): Promise<void> {
  const { remote } = core;
  if (remote !== undefined && isWorthAsking(remote, lastFault)) await remote.guard.probe();
  await syncClock(core);
}

interface FirstConnection {
  readonly promise: Promise<void>;
  hasEnded: boolean;
  readonly end: () => void;
}

function firstConnection(): FirstConnection {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((give) => {
    resolve = give;
  });
  const first: FirstConnection = {
    promise,
    hasEnded: false,
    end() {
      first.hasEnded = true;
      resolve();
    },
  };
  return first;
}

// What is broadcast: to how many clients, how large, how many in one turn of the event loop. A stage is one table of the page.
import { LABELS as SOCKET_LABELS } from './systems.mjs';
import { labels as EVENT_LABELS } from './sse-servers.mjs';

export const LABELS = { ws: SOCKET_LABELS, sse: EVENT_LABELS };
const SAID = { ws: 'WebSockets', sse: 'streams of server-sent events' };
/** Messages of a slice of all systems, to 1,000 clients. */
const MESSAGES = { 1: 60, 10: 200 };

/** @returns stages { name, group, transport, clients, bytes, perTurn, messages, slices, systems } */
export function makeStages(quick) {
  const stages = ['ws', 'sse'].flatMap((transport) => [
    ...[100, 1024].flatMap((bytes) => [
      { transport, clients: 1000, bytes, perTurn: 1 },
      { transport, clients: 1000, bytes, perTurn: 10 },
    ]),
    ...(transport === 'ws' && !quick
      ? [{ transport, clients: 10_000, bytes: 100, perTurn: 1 }]
      : []),
  ]);
  return stages.map((stage) => {
    const { transport, clients, bytes, perTurn } = stage;
    const one = perTurn === 1 ? 'one in a turn' : `${perTurn} in a turn`;
    return {
      ...stage,
      name: `${transport} ${clients} ${bytes} ${perTurn}`,
      group: `broadcast to ${grouped(clients)} ${SAID[transport]}, ${bytes === 1024 ? '1 KB' : `${bytes} B`} of data, ${one}`,
      messages: Math.ceil((MESSAGES[perTurn] * 1000) / clients / (quick ? 3 : 1)),
      slices: quick ? 3 : 8,
      systems: Object.keys(LABELS[transport]),
    };
  });
}

/** The id of a system's row. */
export function rowId({ name }, system) {
  return `${system} ${name}`;
}

function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

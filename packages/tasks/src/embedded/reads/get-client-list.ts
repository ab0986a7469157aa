// Who works with a store from within this process, in the format of Redis' CLIENT LIST, which BullMQ takes apart.

/** A live backend with a name: a worker's, or that of QueueEvents. */
export interface Client {
  readonly id: number;
  name: string;
  /** Epoch ms. */
  readonly since: number;
}

/** @param now  epoch ms
 *  @returns one text, a line for each; spaces in a name become underscores, which Redis refuses altogether */
export function getClientList(clients: Iterable<Client>, now: number): string[] {
  const lines = [...clients].map(({ id, name, since }) =>
    [
      `id=${String(id)}`,
      `addr=process:${String(process.pid)}`,
      `name=${name.replaceAll(/\s/g, '_')}`,
      `age=${String(Math.max(0, Math.floor((now - since) / 1000)))}`,
      'idle=0',
    ].join(' '),
  );
  return [lines.join('\n')];
}

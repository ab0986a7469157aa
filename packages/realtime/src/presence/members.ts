// Who is in which channel, as one instance told it. Invariant: no channel without a member.

/** Who is present in a channel. */
export interface PresentMember {
  /** Of one connection; the same in join and leave. */
  readonly id: string;
  /** What `presence` of the channel made of the request: JSON. */
  readonly data: unknown;
}

/** A member of a channel. */
export type Membership = readonly [channel: string, member: PresentMember];

export class Members {
  readonly #channels = new Map<string, Map<string, PresentMember>>();

  /** @returns whether it was not there */
  add(channel: string, member: PresentMember): boolean {
    let members = this.#channels.get(channel);
    if (members === undefined) this.#channels.set(channel, (members = new Map()));
    if (members.has(member.id)) return false;
    members.set(member.id, member);
    return true;
  }

  /** @returns the member, if it was there */
  delete(channel: string, id: string): PresentMember | undefined {
    const members = this.#channels.get(channel);
    const member = members?.get(id);
    if (members === undefined || member === undefined) return undefined;
    members.delete(id);
    if (members.size === 0) this.#channels.delete(channel);
    return member;
  }

  of(channel: string): Iterable<PresentMember> {
    return this.#channels.get(channel)?.values() ?? [];
  }

  *all(): Generator<Membership> {
    for (const [channel, members] of this.#channels) {
      for (const member of members.values()) yield [channel, member];
    }
  }
}

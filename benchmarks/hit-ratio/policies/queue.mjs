// Queue: the doubly linked list the reference policies are made of, oldest node at one end, newest at the other.
// Invariant: a node is in at most one queue, its `queue`. The caller finds nodes by key and decides what leaves.

/** One entry of a cache; `frequency` belongs to the policy. */
export class Node {
  key;
  frequency = 0;
  queue;
  older;
  newer;

  constructor(key) {
    this.key = key;
  }
}

export class Queue {
  size = 0;
  oldest;
  newest;

  /** Takes the node out of its queue, if it is in one, and puts it at the newest end of this. */
  push(node) {
    node.queue?.remove(node);
    node.queue = this;
    node.older = this.newest;
    if (this.newest) this.newest.newer = node;
    else this.oldest = node;
    this.newest = node;
    this.size++;
  }

  /** @returns the oldest node, no longer in the queue */
  shift() {
    const node = this.oldest;
    this.remove(node);
    return node;
  }

  remove(node) {
    if (node.older) node.older.newer = node.newer;
    else this.oldest = node.newer;
    if (node.newer) node.newer.older = node.older;
    else this.newest = node.older;
    node.queue = node.older = node.newer = undefined;
    this.size--;
  }
}

// The graph of services as data, for JSON, pages and drawings.
import { ALIAS, BUILT_IN } from '../compile/service.ts';
import type { Service } from '../compile/service.ts';
import { toDot } from './dot.ts';
import { toMermaid } from './mermaid.ts';

/** One service. */
export interface GraphNode {
  /** Unique in the graph; the same for the same definition. */
  readonly id: string;
  /** The name of the token, with its key or its position. */
  readonly token: string;
  readonly lifetime: 'value' | 'singleton' | 'scoped' | 'transient' | 'alias' | 'seed' | 'built-in';
  /** Whether `get` gives a promise. */
  readonly async: boolean;
  /** The container that makes it. */
  readonly owner: string;
  /** Whether its dependencies are unknown, for it comes from another container. */
  readonly opaque?: true;
  /** Whether it keeps a service of its own container though this container has that anew. */
  readonly partial?: true;
  /** ms it took to start; there once it has. */
  readonly startMs?: number;
}

/** One dependency. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'strict' | 'lazy' | 'optional' | 'all' | 'alias';
}

/** A graph; in JSON it is nodes and edges. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** As a Mermaid flowchart. */
  toMermaid(): string;
  /** In the language of Graphviz. */
  toDot(): string;
}

/** The graph of the services of a table. */
export function graphOf(
  name: string,
  services: readonly Service[],
  partial: ReadonlySet<Service>,
): Graph {
  const all = withLinked(services);
  const ids = new Map(all.map((service, i) => [service, `n${i}`]));
  const nodes = all.map((service) => nodeOf(service, ids.get(service)!, partial.has(service)));
  const edges = all.flatMap((service) => edgesOf(service, ids));
  return Object.freeze({
    name,
    nodes,
    edges,
    toMermaid: () => toMermaid(nodes, edges),
    toDot: () => toDot(name, nodes, edges),
  });
}

// A singleton of the parent may use what the child has anew: both are shown.
function withLinked(services: readonly Service[]): readonly Service[] {
  const all = new Set(services);
  for (const service of all) for (const { to } of service.links) for (const one of to) all.add(one);
  return [...all];
}

function nodeOf(service: Service, id: string, isPartial: boolean): GraphNode {
  const { name, life, binding, isAsync, owner, startMs } = service;
  return {
    id,
    token: name,
    lifetime: life === BUILT_IN ? 'built-in' : binding.lifetime,
    async: isAsync,
    owner,
    ...(binding.isOpaque && { opaque: true }),
    ...(isPartial && { partial: true }),
    ...(startMs !== undefined && { startMs }),
  };
}

function edgesOf(service: Service, ids: ReadonlyMap<Service, string>): GraphEdge[] {
  return service.links.flatMap(({ need, to }) => {
    const kind = kindOf(service, need);
    return to.map((target) => ({ from: ids.get(service)!, to: ids.get(target)!, kind }));
  });
}

function kindOf(
  { life }: Service,
  need: { readonly isLazy: boolean; readonly isAll: boolean; readonly isOptional: boolean },
): GraphEdge['kind'] {
  if (life === ALIAS) return 'alias';
  if (need.isLazy) return 'lazy';
  if (need.isAll) return 'all';
  return need.isOptional ? 'optional' : 'strict';
}

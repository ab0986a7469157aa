// A graph in the language of Graphviz: one cluster per container, dashed arrows are lazy.
import type { GraphEdge, GraphNode } from './graph.ts';
import { labelOf } from './mermaid.ts';

export function toDot(
  name: string,
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
): string {
  const owners = [...new Set(nodes.map(({ owner }) => owner))];
  const clusters = owners.flatMap((owner, i) => [
    `  subgraph cluster_${i} {`,
    `    label=${quote(owner)};`,
    ...nodes
      .filter((node) => node.owner === owner)
      .map((node) => `    ${node.id} [label=${quote(labelOf(node))}];`),
    '  }',
  ]);
  const arrows = edges.map(({ from, to, kind }) => {
    const look =
      kind === 'strict' ? '' : ` [label=${quote(kind)}${kind === 'lazy' ? ', style=dashed' : ''}]`;
    return `  ${from} -> ${to}${look};`;
  });
  return [`digraph ${quote(name)} {`, '  node [shape=box];', ...clusters, ...arrows, '}', ''].join(
    '\n',
  );
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

// A graph as a Mermaid flowchart: arrows lead to what is depended on, dotted ones are lazy.
import type { GraphEdge, GraphNode } from './graph.ts';

const SHAPES: Readonly<Record<GraphNode['lifetime'], readonly [string, string]>> = {
  singleton: ['[', ']'],
  value: ['[[', ']]'],
  scoped: ['(', ')'],
  transient: ['>', ']'],
  seed: ['{{', '}}'],
  alias: ['([', '])'],
  'built-in': ['[/', '/]'],
};

export function toMermaid(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string {
  const lines = nodes.map((node) => {
    const [open, close] = SHAPES[node.lifetime];
    return `  ${node.id}${open}"${escape(labelOf(node))}"${close}`;
  });
  const arrows = edges.map(({ from, to, kind }) => {
    const arrow = kind === 'lazy' ? '-.->' : '-->';
    return `  ${from} ${arrow}${kind === 'strict' ? '' : `|${kind}|`} ${to}`;
  });
  return ['flowchart LR', ...lines, ...arrows, ''].join('\n');
}

/** What a drawing says of a node: its name, then how it lives and what is special about it. */
export function labelOf(node: GraphNode): string {
  const marks = [
    node.lifetime,
    ...(node.async ? ['async'] : []),
    ...(node.opaque ? ['opaque'] : []),
    ...(node.partial ? ['partly overridden'] : []),
  ];
  return `${node.token} (${marks.join(', ')})`;
}

// Entities, as Mermaid has them: # begins one, " would end the label.
function escape(text: string): string {
  return text.replace(/[#"<>&]/g, (one) => `#${one.charCodeAt(0)};`);
}

import { describe, expect, it } from 'vitest';
import {
  Log,
  all,
  asyncToken,
  defineContainer,
  lazy,
  multiToken,
  optional,
  token,
} from '../../src/index.ts';

const Config = token<object>('config');
const Db = token<object>('db');
const Store = token<object>('store');
const Tx = asyncToken<object>('tx');
const Repo = token<object>('repo');
const User = token<string>('user "x" <#1>');
const Check = multiToken<object>('check');
const Id = token<string>('id');
const Missing = token<object>('missing');

const definition = defineContainer({ name: 'app' })
  .value(Config, {})
  .singleton(Db, [Config, Log], () => ({}))
  .alias(Store, Db)
  .scoped(Tx, [Db], async () => ({}))
  .seed(User)
  .transient(Id, [], () => 'id')
  .multi(Check, [Store], () => ({}))
  .multi(Check, [], () => ({}))
  .scoped(Repo, [lazy(Tx), optional(Id), all(Check), optional(Missing), User], () => ({}));

describe('the graph', () => {
  it('has every service and every dependency, as plain data', async () => {
    const container = definition.build();
    const graph = container.graph();
    expect(JSON.parse(JSON.stringify(graph))).toEqual({
      name: 'app',
      nodes: [
        { id: 'n0', token: 'config', lifetime: 'value', async: false, owner: 'app' },
        { id: 'n1', token: 'db', lifetime: 'singleton', async: false, owner: 'app' },
        { id: 'n2', token: 'store', lifetime: 'alias', async: false, owner: 'app' },
        { id: 'n3', token: 'tx', lifetime: 'scoped', async: true, owner: 'app' },
        { id: 'n4', token: 'user "x" <#1>', lifetime: 'seed', async: false, owner: 'app' },
        { id: 'n5', token: 'id', lifetime: 'transient', async: false, owner: 'app' },
        { id: 'n6', token: 'check[0]', lifetime: 'singleton', async: false, owner: 'app' },
        { id: 'n7', token: 'check[1]', lifetime: 'singleton', async: false, owner: 'app' },
        { id: 'n8', token: 'repo', lifetime: 'scoped', async: false, owner: 'app' },
        { id: 'n9', token: 'Log', lifetime: 'built-in', async: false, owner: 'app' },
      ],
      edges: [
        { from: 'n1', to: 'n0', kind: 'strict' },
        { from: 'n1', to: 'n9', kind: 'strict' },
        { from: 'n2', to: 'n1', kind: 'alias' },
        { from: 'n3', to: 'n1', kind: 'strict' },
        { from: 'n6', to: 'n2', kind: 'strict' },
        { from: 'n8', to: 'n3', kind: 'lazy' },
        { from: 'n8', to: 'n5', kind: 'optional' },
        { from: 'n8', to: 'n6', kind: 'all' },
        { from: 'n8', to: 'n7', kind: 'all' },
        { from: 'n8', to: 'n4', kind: 'strict' },
      ],
    });
    await container.close();
  });

  it('knows how long singletons took, once they have started', async () => {
    await using container = await definition.start();
    const { nodes } = container.graph();
    expect(
      nodes.filter(({ startMs }) => startMs !== undefined).map(({ token: name }) => name),
    ).toEqual(['db', 'check[0]', 'check[1]']);
  });

  it('is a Mermaid flowchart with quoted labels', () => {
    const text = definition.build().graph().toMermaid();
    expect(text.split('\n').slice(0, 6)).toEqual([
      'flowchart LR',
      '  n0[["config (value)"]]',
      '  n1["db (singleton)"]',
      '  n2(["store (alias)"])',
      '  n3("tx (scoped, async)")',
      '  n4{{"user #34;x#34; #60;#35;1#62; (seed)"}}',
    ]);
    expect(text).toContain('  n8 -.->|lazy| n3\n');
    expect(text).toContain('  n8 -->|all| n6\n');
    expect(text).toContain('  n1 --> n0\n');
  });

  it('is a graph for Graphviz, with a cluster for each container', async () => {
    await using parent = defineContainer({ name: 'the "root"' })
      .singleton(Db, [], () => ({}))
      .build();
    const text = defineContainer({ name: 'child' })
      .scoped(Repo, [lazy(Db)], () => ({}))
      .build({ parent })
      .graph()
      .toDot();
    expect(text).toBe(
      [
        'digraph "child" {',
        '  node [shape=box];',
        '  subgraph cluster_0 {',
        '    label="the \\"root\\"";',
        '    n0 [label="db (singleton)"];',
        '  }',
        '  subgraph cluster_1 {',
        '    label="child";',
        '    n1 [label="repo (scoped)"];',
        '  }',
        '  n1 -> n0 [label="lazy", style=dashed];',
        '}',
        '',
      ].join('\n'),
    );
  });
});

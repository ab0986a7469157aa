// What an OpenAPI 3.1 document must be, as far as ours have it: written from the text of the specification (4.8), not taken from
// its schema. The shape of each object is JSON Schema 2020-12 for ajv, unknown members refused; what a schema cannot say is in
// code: refs that resolve, operationIds that are unique, path parameters that are those of the path, Schema Objects that fit
// the meta schema of JSON Schema 2020-12, which ajv brings.
import { Ajv2020 } from 'ajv/dist/2020.js';

type Loose = Readonly<Record<string, unknown>>;

const text = { type: 'string' };
const truth = { type: 'boolean' };
const ref = (name: string): object => ({ $ref: `#/$defs/${name}` });
const listOf = (items: object): object => ({ type: 'array', items });
const mapOf = (values: object, names: object = {}): object => ({
  type: 'object',
  additionalProperties: values,
  propertyNames: names,
});
const or = (name: string): object => ({ anyOf: [ref('reference'), ref(name)] });
/** Whoever has this value of a member has to fit that. */
const implies = (member: string, value: string, fits: object): object => ({
  anyOf: [{ properties: { [member]: { not: { const: value } } } }, fits],
});
/** An object with fixed fields, and x- ones. */
const object = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  patternProperties: { '^x-': {} },
  additionalProperties: false,
});
const componentMap = (values: object): object => mapOf(values, { pattern: '^[a-zA-Z0-9._-]+$' });
const described = { description: text, deprecated: truth, example: {}, examples: mapOf({}) };

const DOCUMENT: object = {
  ...object(
    {
      openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
      info: object(
        {
          title: text,
          version: text,
          summary: text,
          description: text,
          termsOfService: text,
          contact: object({ name: text, url: text, email: text }),
          license: object({ name: text, identifier: text, url: text }, ['name']),
        },
        ['title', 'version'],
      ),
      jsonSchemaDialect: text,
      servers: listOf(ref('server')),
      paths: {
        type: 'object',
        patternProperties: { '^/': ref('pathItem'), '^x-': {} },
        additionalProperties: false,
      },
      webhooks: mapOf(ref('pathItem')),
      components: object({
        schemas: componentMap(ref('schema')),
        responses: componentMap(or('response')),
        parameters: componentMap(or('parameter')),
        examples: componentMap({}),
        requestBodies: componentMap(or('requestBody')),
        headers: componentMap(or('header')),
        securitySchemes: componentMap(or('securityScheme')),
        links: componentMap({}),
        callbacks: componentMap({}),
        pathItems: componentMap(ref('pathItem')),
      }),
      security: listOf(ref('requirement')),
      tags: listOf(object({ name: text, description: text, externalDocs: ref('docs') }, ['name'])),
      externalDocs: ref('docs'),
    },
    ['openapi', 'info'],
  ),
  anyOf: ['paths', 'components', 'webhooks'].map((name) => ({ required: [name] })),
  $defs: {
    reference: {
      type: 'object',
      properties: { $ref: text, summary: text, description: text },
      required: ['$ref'],
      additionalProperties: false,
    },
    schema: { type: ['object', 'boolean'] },
    docs: object({ url: text, description: text }, ['url']),
    server: object(
      {
        url: text,
        description: text,
        variables: mapOf(
          object({ enum: listOf(text), default: text, description: text }, ['default']),
        ),
      },
      ['url'],
    ),
    requirement: mapOf(listOf(text)),
    pathItem: object({
      $ref: text,
      summary: text,
      description: text,
      servers: listOf(ref('server')),
      parameters: listOf(or('parameter')),
      ...Object.fromEntries(
        ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'].map((method) => [
          method,
          ref('operation'),
        ]),
      ),
    }),
    operation: object({
      tags: listOf(text),
      summary: text,
      description: text,
      externalDocs: ref('docs'),
      operationId: text,
      parameters: listOf(or('parameter')),
      requestBody: or('requestBody'),
      responses: {
        type: 'object',
        minProperties: 1,
        patternProperties: { '^[1-5](?:\\d\\d|XX)$': or('response'), '^x-': {} },
        properties: { default: or('response') },
        additionalProperties: false,
      },
      callbacks: mapOf({}),
      deprecated: truth,
      security: listOf(ref('requirement')),
      servers: listOf(ref('server')),
    }),
    parameter: {
      ...object(
        {
          ...described,
          name: text,
          in: { enum: ['query', 'header', 'path', 'cookie'] },
          required: truth,
          allowEmptyValue: truth,
          style: text,
          explode: truth,
          allowReserved: truth,
          schema: ref('schema'),
          content: { ...mapOf(ref('mediaType')), minProperties: 1, maxProperties: 1 },
        },
        ['name', 'in'],
      ),
      oneOf: [{ required: ['schema'] }, { required: ['content'] }],
      ...implies('in', 'path', {
        properties: { required: { const: true } },
        required: ['required'],
      }),
    },
    header: {
      ...object({
        ...described,
        required: truth,
        style: { const: 'simple' },
        explode: truth,
        schema: ref('schema'),
        content: mapOf(ref('mediaType')),
      }),
      oneOf: [{ required: ['schema'] }, { required: ['content'] }],
    },
    mediaType: object({
      schema: ref('schema'),
      example: {},
      examples: mapOf({}),
      encoding: mapOf({}),
    }),
    requestBody: object(
      {
        description: text,
        content: mapOf(ref('mediaType'), { pattern: '^[^/ ]+/[^/ ]+' }),
        required: truth,
      },
      ['content'],
    ),
    response: object(
      {
        description: text,
        headers: mapOf(or('header')),
        content: mapOf(ref('mediaType'), { pattern: '^[^/ ]+/[^/ ]+' }),
        links: mapOf({}),
      },
      ['description'],
    ),
    securityScheme: {
      ...object(
        {
          type: { enum: ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'] },
          description: text,
          name: text,
          in: { enum: ['query', 'header', 'cookie'] },
          scheme: text,
          bearerFormat: text,
          flows: mapOf({}),
          openIdConnectUrl: text,
        },
        ['type'],
      ),
      allOf: [
        implies('type', 'apiKey', { required: ['name', 'in'] }),
        implies('type', 'http', { required: ['scheme'] }),
      ],
    },
  },
};

const ajv = new Ajv2020({ allErrors: true, strict: false });
const isDocument = ajv.compile(DOCUMENT);

/** What is wrong with a document; empty: nothing was found. */
export function wrongIn(document: unknown): string[] {
  const plain = JSON.parse(JSON.stringify(document)) as Loose;
  if (!isDocument(plain)) {
    return (isDocument.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
  return [...refsIn(plain), ...schemasIn(plain), ...operationsIn(plain)];
}

function refsIn(root: Loose): string[] {
  const wrong: string[] = [];
  visit(root, '', (node, at) => {
    const { $ref: target } = node;
    if (typeof target !== 'string' || at.endsWith('/properties')) return;
    let found: unknown = target.startsWith('#/') ? root : undefined;
    for (const token of target.slice(2).split('/')) {
      const name = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
      found = (found as Loose | undefined)?.[name];
    }
    if (found === undefined) wrong.push(`${at}: ${target} points nowhere`);
  });
  return wrong;
}

function schemasIn(root: Loose): string[] {
  const wrong: string[] = [];
  const judge = (schema: unknown, at: string): void => {
    if (ajv.validateSchema(schema as object) !== true) {
      wrong.push(`${at}: ${ajv.errorsText(ajv.errors)}`);
    }
  };
  const { schemas = {} } = (root['components'] ?? {}) as { schemas?: Loose };
  for (const [name, schema] of Object.entries(schemas)) judge(schema, name);
  visit(root['paths'], '/paths', (node, at) => {
    if ('schema' in node && !at.includes('/schema/')) judge(node['schema'], at);
  });
  return wrong;
}

function operationsIn(root: Loose): string[] {
  const wrong: string[] = [];
  const ids = new Set<unknown>();
  for (const [path, item] of Object.entries((root['paths'] ?? {}) as Loose)) {
    const names = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name);
    for (const [method, operation] of Object.entries(item as Record<string, Loose>)) {
      const at = `${method} ${path}`;
      const { operationId: id, parameters = [] } = operation as {
        operationId?: string;
        parameters?: { in: string; name: string }[];
      };
      if (id === undefined || ids.has(id)) wrong.push(`${at}: operationId ${id} is not unique`);
      ids.add(id);
      const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      if (inPath.sort().join() !== names.sort().join()) {
        wrong.push(`${at}: path parameters ${inPath.join()} are not those of the path`);
      }
      const all = parameters.map((one) => `${one.in} ${one.name}`);
      if (new Set(all).size !== all.length) wrong.push(`${at}: a parameter stands there twice`);
    }
  }
  return wrong;
}

function visit(node: unknown, at: string, look: (node: Loose, at: string) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) look(node as Loose, at);
  for (const [key, value] of Object.entries(node)) visit(value, `${at}/${key}`, look);
}

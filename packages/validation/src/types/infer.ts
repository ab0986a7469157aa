// What TypeScript infers of a schema: for requests what the handler gets, for replies what it may give.
// TypeBox is an optional peer: where it is not installed, its types are `any` here, and plain JSON Schema is `unknown`.
import type { StandardSchemaV1, StandardTypedV1 } from '@standard-schema/spec';
import type { Static, TSchema } from 'typebox';

/** What a handler gets of a part with this schema. */
export type InferRequest<Schema> = Schema extends StandardTypedV1
  ? StandardSchemaV1.InferOutput<Schema & StandardSchemaV1>
  : InferJson<Schema>;

/** What a handler may give for a reply with this schema. */
export type InferReply<Schema> = Schema extends StandardTypedV1
  ? StandardSchemaV1.InferInput<Schema & StandardSchemaV1>
  : InferJson<Schema>;

// TypeBox 1 marks its types; those of @sinclair/typebox carry what they stand for; plain JSON Schema is no type at all.
type InferJson<Schema> = Schema extends { readonly '~kind': string }
  ? InferTypeBox<Schema>
  : Schema extends { readonly static: unknown; readonly params: unknown[] }
    ? (Schema & { params: [] })['static']
    : unknown;

type InferTypeBox<Schema> = 0 extends 1 & TSchema
  ? unknown
  : Schema extends TSchema
    ? Static<Schema>
    : unknown;

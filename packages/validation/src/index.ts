// Public API of @catzilla/validation.
export { validation, validation as default } from './plugin.ts';
export type {
  Coercion,
  LimitOptions,
  ResponseValidation,
  RouteValidationOptions,
  ValidationOptions,
} from './options.ts';
export type { CatzillaTypeProvider } from './types/provider.ts';
export type { InferReply, InferRequest } from './types/infer.ts';
export { validate } from './compile/validate.ts';
export type { Result, ValidateOptions } from './compile/validate.ts';
export { jsonSchemaOf } from './schema/json-schema.ts';
export type { Converted, SchemaSide, SchemaTarget } from './schema/json-schema.ts';
export { schemaKind } from './schema/kind.ts';
export type { JsonSchema, SchemaKind } from './schema/kind.ts';
export type { Issue, Part, ValidationError } from './issue/issue.ts';
export { problem } from './problem/problem.ts';
export type { ProblemError, ProblemIssue, ProblemOptions } from './problem/problem.ts';
export { problemServerOptions } from './problem/server-options.ts';
export type { ProblemServerOptions } from './problem/server-options.ts';
export type { ProblemBody } from './problem/answer.ts';
export { openapi } from './openapi/plugin.ts';
export type { OpenApiInfo, OpenApiOptions, OpenApiUi } from './openapi/options.ts';
export type { OpenApiDocument } from './openapi/finish.ts';
export { lintRoutes } from './lint/lint-routes.ts';
export type { LintFinding, LintedRoute } from './lint/lint-routes.ts';
export { errors } from './errors.ts';

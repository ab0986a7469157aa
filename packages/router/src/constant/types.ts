// What users write of a constant route: the answer, and the options of the route.
import type { HTTPMethods, RouteShorthandOptions } from 'fastify';

/** The body of a constant route: text, bytes (copied), an object that is sent as JSON, or null for none. */
export type ConstantBody = string | Uint8Array | object | null;

/** An answer with all that can be said of it. */
export interface ConstantDescription {
  /** 200 to 599. Default: 200. */
  readonly status?: number | undefined;
  /** By name in any case. Content-Type, ETag and Last-Modified may also be given here. Default: none. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** 204, 205 and 304 cannot have content: then null. */
  readonly body: ConstantBody;
  /** Default: `text/plain; charset=utf-8` of text, `application/json; charset=utf-8` of an object, else
   * `application/octet-stream`; none of null. */
  readonly contentType?: string | undefined;
  /** Entity tag with its quotes, or false for none. Default: made of the body (SHA-256), where a 2xx has one. */
  readonly etag?: string | false | undefined;
  /** Since when the answer is what it is, for Last-Modified; parts of a second are cut. Default: not said. */
  readonly lastModified?: Date | undefined;
}

/** What a constant route answers: a description with `body`, or the body alone. */
export type ConstantResponse = string | Uint8Array | object;

/** Options of a constant route: those of any Fastify route without a handler, and two of its own. */
export interface ConstantOptions extends RouteShorthandOptions {
  /** Default: 'GET', which HEAD comes with unless `exposeHeadRoute` or Fastify's `exposeHeadRoutes` is false. */
  readonly method?: HTTPMethods;
  /** Answer in brotli or gzip where the client accepts it and it is smaller; compressed once, when the route is declared,
   * at their best, which takes its time for a large one. Default: false. */
  readonly compress?: boolean;
}

// Options of the plugins of the Fastify project that an application may have, each `true`, its own options, or false.
// Invariant: the plugins take any name and pass over those they do not know; here an unknown one is an error. The tables of
// names are checked against the plugins' own types by the compiler.
import { checkOptions } from '@catzilla/common';
import type { OptionSite, OptionSpec } from '@catzilla/common';
import type { FastifyCompressOptions } from '@fastify/compress';
import type { FastifyCookieOptions } from '@fastify/cookie';
import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyFormbodyOptions } from '@fastify/formbody';
import type { FastifyHelmetOptions } from '@fastify/helmet';
import type {
  FastifyMultipartAttachFieldsToBodyOptions,
  FastifyMultipartOptions,
} from '@fastify/multipart';
import type { RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyUnderPressureOptions } from '@fastify/under-pressure';
import { onlyKnown } from '../options/known.ts';
import { part } from '../options/part.ts';
import type { Part } from '../options/part.ts';

/** Options of @fastify/multipart. */
export type MultipartOptions = FastifyMultipartOptions | FastifyMultipartAttachFieldsToBodyOptions;

/** Options of @fastify/rate-limit. */
export type RateLimitOptions = Omit<RateLimitPluginOptions, 'redis'> & {
  /** A client of ioredis, for limits that several instances share. Default: each counts for itself. */
  readonly redis?: unknown;
};

/** Plugins of the Fastify project, registered before the routes in this order. `true` takes the defaults that stand here;
 * options beside them win, one by one. */
export interface BuiltinOptions {
  /** @fastify/helmet: security headers. Default: on, with helmet's own defaults; in mode 'development' without
   * upgrade-insecure-requests, which would break pages served without TLS. Where no nonces are asked for, the headers are
   * made once at start. */
  readonly helmet?: Part<FastifyHelmetOptions> | undefined;
  /** @fastify/cors. Default: off. `true`: no other origin is allowed until `origin` says which. */
  readonly cors?: Part<FastifyCorsOptions> | undefined;
  /** @fastify/rate-limit. Default: off. `true`: 100 requests in 60_000 ms for each address. */
  readonly rateLimit?: Part<RateLimitOptions> | undefined;
  /** @fastify/under-pressure. Default: off. `true`: from a mean event loop delay of 1000 ms, or a utilization of 0.98 of the
   * last second on, the cache answers stale what it may, and the rest is refused with 503 and Retry-After. */
  readonly underPressure?: Part<FastifyUnderPressureOptions> | undefined;
  /** @fastify/cookie. Default: off, for it has a hook on each reply, which makes hits of the cache slower. */
  readonly cookie?: Part<FastifyCookieOptions> | undefined;
  /** @fastify/formbody: bodies of HTML forms. Default: off. */
  readonly formbody?: Part<FastifyFormbodyOptions> | undefined;
  /** @fastify/multipart: uploads. Default: off. `true`: files of at most 10 MiB, 10 of them, 100 fields of at most 64 KiB. */
  readonly multipart?: Part<MultipartOptions> | undefined;
  /** @fastify/compress. Default: off. `true`: br and gzip; request bodies are not decompressed. The cache keeps what was
   * compressed, so that hits are not compressed again. */
  readonly compress?: Part<FastifyCompressOptions> | undefined;
}

/** The plugins that are on, with the options given. */
export interface CheckedBuiltins {
  readonly helmet: FastifyHelmetOptions | false;
  readonly cors: FastifyCorsOptions | false;
  readonly rateLimit: RateLimitOptions | false;
  readonly underPressure: FastifyUnderPressureOptions | false;
  readonly cookie: FastifyCookieOptions | false;
  readonly formbody: FastifyFormbodyOptions | false;
  readonly multipart: MultipartOptions | false;
  readonly compress: FastifyCompressOptions | false;
}

type Names<T> = Readonly<Record<keyof T, true>>;

const helmet: Names<FastifyHelmetOptions> = {
  global: true,
  enableCSPNonces: true,
  contentSecurityPolicy: true,
  crossOriginEmbedderPolicy: true,
  crossOriginOpenerPolicy: true,
  crossOriginResourcePolicy: true,
  originAgentCluster: true,
  referrerPolicy: true,
  strictTransportSecurity: true,
  hsts: true,
  xContentTypeOptions: true,
  noSniff: true,
  xDnsPrefetchControl: true,
  dnsPrefetchControl: true,
  xDownloadOptions: true,
  ieNoOpen: true,
  xFrameOptions: true,
  frameguard: true,
  xPermittedCrossDomainPolicies: true,
  permittedCrossDomainPolicies: true,
  xPoweredBy: true,
  hidePoweredBy: true,
  xXssProtection: true,
  xssFilter: true,
};

const cors: Names<FastifyCorsOptions> = {
  hook: true,
  delegator: true,
  origin: true,
  credentials: true,
  exposedHeaders: true,
  allowedHeaders: true,
  methods: true,
  maxAge: true,
  cacheControl: true,
  preflightContinue: true,
  optionsSuccessStatus: true,
  preflight: true,
  strictPreflight: true,
  hideOptionsRoute: true,
  logLevel: true,
};

const rateLimit: Names<RateLimitOptions> = {
  global: true,
  max: true,
  timeWindow: true,
  hook: true,
  cache: true,
  store: true,
  redis: true,
  nameSpace: true,
  allowList: true,
  keyGenerator: true,
  ipv6Subnet: true,
  ban: true,
  skipOnError: true,
  continueExceeding: true,
  exponentialBackoff: true,
  groupId: true,
  errorResponseBuilder: true,
  enableDraftSpec: true,
  addHeaders: true,
  addHeadersOnExceeding: true,
  onBanReach: true,
  onExceeding: true,
  onExceeded: true,
};

const underPressure: Names<FastifyUnderPressureOptions> = {
  maxEventLoopDelay: true,
  maxEventLoopUtilization: true,
  eventLoopUtilizationMode: true,
  maxHeapUsedBytes: true,
  maxRssBytes: true,
  message: true,
  retryAfter: true,
  healthCheck: true,
  healthCheckInterval: true,
  pressureHandler: true,
  sampleInterval: true,
  exposeStatusRoute: true,
  customError: true,
};

const cookie: Names<FastifyCookieOptions> = {
  secret: true,
  algorithm: true,
  hook: true,
  parseOptions: true,
};

const formbody: Names<FastifyFormbodyOptions> = { bodyLimit: true, parser: true };

const multipart: Names<FastifyMultipartOptions> = {
  attachFieldsToBody: true,
  onFile: true,
  sharedSchemaId: true,
  throwFileSizeLimit: true,
  isPartAFile: true,
  limits: true,
  headers: true,
  highWaterMark: true,
  fileHwm: true,
  defCharset: true,
  preservePath: true,
};

const compress: Names<FastifyCompressOptions> = {
  global: true,
  globalCompression: true,
  globalDecompression: true,
  encodings: true,
  requestEncodings: true,
  forceRequestEncoding: true,
  threshold: true,
  syncThreshold: true,
  customTypes: true,
  brotliOptions: true,
  zlibOptions: true,
  zlib: true,
  inflateIfDeflated: true,
  removeContentLengthHeader: true,
  onInvalidRequestPayload: true,
  onUnsupportedEncoding: true,
  onUnsupportedRequestEncoding: true,
};

/** The names that the options of each plugin may have. */
export const builtinNames: Readonly<Record<keyof CheckedBuiltins, readonly string[]>> = {
  helmet: Object.keys(helmet),
  cors: Object.keys(cors),
  rateLimit: Object.keys(rateLimit),
  underPressure: Object.keys(underPressure),
  cookie: Object.keys(cookie),
  formbody: Object.keys(formbody),
  multipart: Object.keys(multipart),
  compress: Object.keys(compress),
};

/** Checks the option `builtins`; false switches all of them off. */
export const builtinsSpec: OptionSpec<CheckedBuiltins> = {
  check(value, site) {
    const given = part<BuiltinOptions>(true).check(value, site);
    if (given === false) return check({ helmet: false }, site);
    return check(given, site);
  },
};

function check(given: BuiltinOptions, site: OptionSite): CheckedBuiltins {
  return checkOptions<CheckedBuiltins>(
    given,
    {
      helmet: named('helmet', true),
      cors: named('cors', false),
      rateLimit: named('rateLimit', false),
      underPressure: named('underPressure', false),
      cookie: named('cookie', false),
      formbody: named('formbody', false),
      multipart: named('multipart', false),
      compress: named('compress', false),
    },
    site,
  );
}

function named<T extends object>(
  name: keyof CheckedBuiltins,
  isOn: boolean,
): OptionSpec<T | false> {
  const spec = part<T>(isOn);
  return {
    check(value, site) {
      const given = spec.check(value, site);
      if (given !== false) onlyKnown(given, builtinNames[name], site);
      return given;
    },
  };
}

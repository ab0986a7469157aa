/* The C interface of an application's routes, for other native addons: which route a request target
 * is, and the whole answer of routes whose answer is known ahead. C99 and C++.
 *
 * `router.abi` of @catzilla/router is an external, tagged with CATZ_ROUTER_ABI_TAG_*, whose data is
 * a catz_router. On the thread that was given it: napi_check_object_type_tag, then
 * napi_get_value_external, then compare abi_version with CATZ_ROUTER_ABI_VERSION; then retain, and
 * copy the table of functions. The copy works on every thread until you release.
 *
 * A request is answered so: acquire, find, plan, send, unpin. What find defers (verdict -1) and
 * what has no plan goes to JavaScript untouched: the interface never guesses. A pin holds one
 * generation of routes: routes and plans of it stay as they are until unpin, whatever is published
 * meanwhile.
 *
 * Stability: a version only appends functions, and changes no struct but the table. A table may be
 * shorter or longer than the one you compiled: copy the smaller of struct_size and
 * sizeof(catz_router) into zeroes. Another abi_version is another interface.
 *
 * Threads: every function may be called from any thread. None calls Node-API, runs JavaScript,
 * takes a lock or throws; only retain's counterpart may free memory. Arguments are trusted. */
#ifndef CATZILLA_ROUTER_ABI_H_
#define CATZILLA_ROUTER_ABI_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CATZ_ROUTER_ABI_VERSION 1u
/* napi_type_tag of the external: { lower, upper }. */
#define CATZ_ROUTER_ABI_TAG_LOWER UINT64_C(0x6d0f9c4be2a75318)
#define CATZ_ROUTER_ABI_TAG_UPPER UINT64_C(0x3b81d4a6f05ec927)

#define CATZ_ROUTER_MAX_PARAMS 32

typedef struct catz_router_slot catz_router_slot;   /* the routes of an application, over time */
typedef struct catz_router_table catz_router_table; /* one generation of them, pinned */

typedef struct catz_router_span {
  uint32_t begin;
  uint32_t end;
} catz_router_span;

/* Of find. `reason` is set when the verdict is CATZ_ROUTER_DEFER, the fields behind it when it is
 * CATZ_ROUTER_HIT. `route` counts from 0 over all methods, in one generation. Parameters are places
 * in the target; they hold no '%', so that nothing is left to decode. */
typedef struct catz_router_match {
  int32_t verdict;
  uint32_t reason; /* native/router/path.h lists them */
  uint32_t route;
  uint32_t param_count;
  uint32_t path_end;
  catz_router_span params[CATZ_ROUTER_MAX_PARAMS];
} catz_router_match;

enum { CATZ_ROUTER_HIT = 1, CATZ_ROUTER_MISS = 0, CATZ_ROUTER_DEFER = -1 };

/* The whole answer of a route. `head` is the status line and the header fields, each ended by CRLF,
 * without Date, Connection, Keep-Alive and the empty line; Content-Length is in it. `etag` is empty
 * where there is none. Pointers hold until unpin. */
typedef struct catz_router_plan {
  uint32_t status;
  uint32_t head_length;
  uint32_t body_length;
  uint32_t etag_length;
  const uint8_t *head;
  const uint8_t *body;
  const uint8_t *etag;
} catz_router_plan;

typedef struct catz_router {
  uint32_t abi_version;
  uint32_t struct_size;
  catz_router_slot *slot;

  /* Keeps the slot beyond the isolate that gave it; each retain needs one release. */
  void (*retain)(catz_router_slot *slot);
  void (*release)(catz_router_slot *slot);

  /* The newest generation, pinned; NULL when none is published. */
  const catz_router_table *(*acquire)(catz_router_slot *slot);
  void (*unpin)(catz_router_slot *slot, const catz_router_table *table);
  /* Counts what was published, from 1. */
  uint32_t (*generation)(const catz_router_table *table);

  /* `method` as in the request line, `target` as it came, query included. */
  void (*find)(const catz_router_table *table, const char *method, uint32_t method_length,
               const char *target, uint32_t target_length, catz_router_match *out);
  /* NULL: the answer of this route is made in JavaScript. */
  const catz_router_plan *(*plan)(const catz_router_table *table, uint32_t route);
} catz_router;

#ifdef __cplusplus
}
#endif

#endif /* CATZILLA_ROUTER_ABI_H_ */

/* The C interface of an open cache, for other native addons: look up, lease, store and remove
 * without entering JavaScript. C99 and C++.
 *
 * `cache.abi` of @catzilla/cache-core is an external, tagged with CATZ_ABI_TAG_*, whose data is a
 * catz_abi. On the thread that was given it: napi_check_object_type_tag, then
 * napi_get_value_external, then compare abi_version with CATZ_ABI_VERSION and `cache` with NULL (it
 * is NULL once the JavaScript cache was closed); then retain, and copy the table. The copy works on
 * every thread until you release.
 *
 * Stability: a version only appends functions, and changes no struct but the table. A table may be
 * shorter or longer than the one you compiled: copy the smaller of struct_size and sizeof(catz_abi)
 * into zeroes, and what was not there is NULL. Another abi_version is another interface.
 *
 * Threads: every function may be called from any thread, except that a catz_thread belongs to one
 * at a time. None calls Node-API, runs JavaScript or throws. `pin`, `copy` and `is_current`
 * allocate nothing, and take a lock only after many failed tries and to remove what they find
 * expired.
 *
 * Arguments are trusted but where a function says otherwise: a cache you have retained, a thread
 * attached to it, pointers that hold what their sizes say (or NULL with 0). Times are ms, sizes
 * bytes. Keys are bytes: a JavaScript string key is its UTF-8. */
#ifndef CATZILLA_CACHE_ABI_H_
#define CATZILLA_CACHE_ABI_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CATZ_ABI_VERSION 1u
/* napi_type_tag of the external: { lower, upper }. */
#define CATZ_ABI_TAG_LOWER UINT64_C(0x9a1c7f20e5b34d86)
#define CATZ_ABI_TAG_UPPER UINT64_C(0x4f0b62d3c8a9175e)

/* Values of ttl_ms beside 1 to 2^46. */
#define CATZ_NEVER UINT64_MAX           /* never expires; also as catz_view.expires_at_ms */
#define CATZ_CACHE_TTL (UINT64_MAX - 1) /* the `ttl` the cache was opened with */

typedef struct catz_cache catz_cache;
typedef struct catz_thread catz_thread; /* event counters of one thread */

/* Of a fixed size, whatever a compiler makes of an enum. Later versions may add some: treat an
 * unknown one of `pin` and `copy` as a miss, of `put` as a refusal. */
typedef int32_t catz_status;
enum {
  CATZ_OK = 0,
  CATZ_MISS = 1,
  CATZ_TOO_SMALL = 2,   /* copy: *length says what is needed */
  CATZ_OVER_LIMIT = 3,  /* pin: leases keep as much as they may; copy */
  CATZ_REFUSED = 4,     /* put: too large, no room or lock timeout; the old value is gone */
  CATZ_BAD_ARGUMENT = 5 /* put: a key longer than the cache takes, or no ttl; nothing changed */
};

/* A pinned value: `data` stays as it is until unpin, and must not be written. */
typedef struct catz_view {
  const uint8_t *data;
  uint64_t expires_at_ms; /* on the clock of now_ms; CATZ_NEVER */
  uint32_t length;
  uint32_t pin;      /* for unpin */
  uint32_t state[4]; /* for is_current */
} catz_view;

typedef struct catz_abi {
  uint32_t abi_version;
  uint32_t struct_size;
  /* Not retained: the JavaScript cache's own. NULL once that was closed. */
  catz_cache *cache;
  /* The cache this process has open under that name (or, for scope 'machine', that path), retained;
   * NULL: none. By the same copy of @catzilla/cache-core: another one has caches and a table of its
   * own. */
  catz_cache *(*open_existing)(const char *name, uint32_t size);
  /* A use of the cache beyond the JavaScript cache that gave it; each needs a release. The last use
   * of all frees a cache of scope 'process'. */
  void (*retain)(catz_cache *cache);
  void (*release)(catz_cache *cache);
  /* Never NULL. Detach before you release; its counts stay in the totals. */
  catz_thread *(*thread_attach)(catz_cache *cache);
  void (*thread_detach)(catz_cache *cache, catz_thread *thread);
  /* Of any length; for `pin` and `copy` of this key in this cache, as long as that is retained. */
  uint64_t (*hash)(const catz_cache *cache, const uint8_t *key, uint32_t size);
  /* Of the cache's own monotonic clock, which expiry goes by. */
  uint64_t (*now_ms)(const catz_cache *cache);
  /* CATZ_OK, CATZ_MISS, CATZ_OVER_LIMIT; *view is written with the first only. Counts as a read,
   * but for CATZ_OVER_LIMIT. */
  catz_status (*pin)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size,
                     uint64_t hash, catz_view *view);
  /* Once for each pin, by any thread, before you release. */
  void (*unpin)(catz_cache *cache, uint32_t pin);
  /* CATZ_OK, CATZ_MISS, CATZ_TOO_SMALL; *length is written but with CATZ_MISS. Counts as a read,
   * unless it is too small. */
  catz_status (*copy)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size,
                      uint64_t hash, uint8_t *target, uint32_t capacity, uint32_t *length);
  /* CATZ_OK, CATZ_REFUSED, CATZ_BAD_ARGUMENT. ttl_ms: 1 to 2^46, CATZ_NEVER or CATZ_CACHE_TTL. */
  catz_status (*put)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size,
                     const uint8_t *value, uint64_t length, uint64_t ttl_ms);
  /* CATZ_OK: there was a value. CATZ_MISS: there was none. */
  catz_status (*remove)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size);
  /* Whether what was copied from a view, also one unpinned since, may still be served: 0 when it
   * has expired, or when the key was written, removed or invalidated; now and then 0 for a write to
   * another key. Costs a few loads: this is how you keep copies of your own. */
  int32_t (*is_current)(const catz_cache *cache, const catz_view *view);
} catz_abi;

#ifdef __cplusplus
}
#endif

#endif /* CATZILLA_CACHE_ABI_H_ */

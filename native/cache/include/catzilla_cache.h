/* The C interface of an open cache, for other native addons: look up, lease, store and remove
 * without entering JavaScript.
 *
 * `cache.abi` of @catzilla/cache-core is an external, tagged with CATZ_ABI_TAG, whose data is a
 * catz_abi. Read it with napi_get_value_external after napi_check_object_type_tag, check
 * abi_version, and copy `cache` and the functions you need: the table lives as long as the
 * external. `cache` is valid while the JavaScript cache is open; `retain` it to use it longer.
 * Later versions only append: a function is there when struct_size reaches beyond it.
 *
 * Threads: every function may be called from any thread, except that a catz_thread belongs to one
 * at a time. None calls Node-API, runs JavaScript or throws; `pin` and `copy` allocate nothing and
 * take no lock but on a rare retry. Times are ms, sizes bytes. Keys are bytes: a JavaScript string
 * key is its UTF-8. */
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
#define CATZ_NEVER UINT64_MAX

typedef struct catz_cache catz_cache;
typedef struct catz_thread catz_thread; /* event counters of one thread */

typedef enum catz_status {
  CATZ_OK = 0,
  CATZ_MISS = 1,
  CATZ_TOO_SMALL = 2,    /* copy: *length says what is needed */
  CATZ_OVER_LIMIT = 3,   /* pin: leases keep as much as they may; copy */
  CATZ_REFUSED = 4,      /* put: too large, no room or lock timeout; the old value is gone */
  CATZ_BAD_ARGUMENT = 5, /* a key longer than the cache takes, a ttl of 0 or above 2^46 */
} catz_status;

/* A pinned value: `data` stays as it is until unpin, and must not be written. A copy made of it is
 * current while the cache's generation word at generation_slot is `generation`. */
typedef struct catz_view {
  const uint8_t *data;
  uint32_t length;
  uint32_t generation_slot;
  uint32_t generation;
  uint32_t pin;
  uint64_t expires_at_ms; /* on the clock of now_ms; CATZ_NEVER */
} catz_view;

typedef struct catz_abi {
  uint32_t abi_version;
  uint32_t struct_size;
  catz_cache *cache;
  /* The cache this process has open under that name (or, for scope 'machine', that path), retained;
   * NULL: none. */
  catz_cache *(*open_existing)(const char *name, uint32_t size);
  /* A use of the cache beyond the JavaScript cache that gave it; each needs a release. */
  void (*retain)(catz_cache *cache);
  void (*release)(catz_cache *cache);
  /* Never NULL. Detach it before the last release; its counts stay in the totals. */
  catz_thread *(*thread_attach)(catz_cache *cache);
  void (*thread_detach)(catz_cache *cache, catz_thread *thread);
  /* To be handed to every call for that key. */
  uint64_t (*hash)(const catz_cache *cache, const uint8_t *key, uint32_t size);
  uint64_t (*now_ms)(const catz_cache *cache);
  /* CATZ_OK, CATZ_MISS, CATZ_OVER_LIMIT. Counts as a read. */
  catz_status (*pin)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size,
                     uint64_t hash, catz_view *view);
  void (*unpin)(catz_cache *cache, uint32_t pin);
  /* CATZ_OK, CATZ_MISS, CATZ_TOO_SMALL. Counts as a read, unless it is too small. */
  catz_status (*copy)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size,
                      uint64_t hash, uint8_t *target, uint32_t capacity, uint32_t *length);
  /* CATZ_OK, CATZ_REFUSED, CATZ_BAD_ARGUMENT. ttl_ms: 1 to 2^46, or CATZ_NEVER. */
  catz_status (*put)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size,
                     const uint8_t *value, uint64_t length, uint64_t ttl_ms);
  /* CATZ_OK: there was a value. CATZ_MISS: there was none. */
  catz_status (*remove)(catz_cache *cache, catz_thread *thread, const uint8_t *key, uint32_t size);
} catz_abi;

#ifdef __cplusplus
}
#endif

#endif /* CATZILLA_CACHE_ABI_H_ */

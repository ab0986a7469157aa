/* A native addon that uses a cache of @catzilla/cache-core by its C interface: what abi.test.ts
 * compiles and calls, and where docs/reference/c-interface.md has its examples from.
 *
 * Invariant: a `use` holds the cache from `use` to `done`, whatever becomes of the JavaScript
 * cache. Only the functions at the end know JavaScript. */
#define _POSIX_C_SOURCE 200809L
#include <node_api.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "catzilla_cache.h"

typedef struct cache_use {
  catz_abi abi; /* a copy; `abi.cache` is retained */
  pthread_t thread;
  uint32_t rounds;
  uint32_t done_rounds; /* atomic: how far the thread is */
  int failed_line;      /* of the check below that failed in the thread; 0: none */
} cache_use;

/* Takes a cache over from JavaScript. NULL, or why not. */
static const char *take_cache(napi_env env, napi_value external, catz_abi *abi) {
  static const napi_type_tag tag = {CATZ_ABI_TAG_LOWER, CATZ_ABI_TAG_UPPER};
  napi_valuetype type;
  bool is_cache = false;
  void *data = NULL;
  const catz_abi *table;
  /* First, since undefined would be an exception to the next call. */
  if (napi_typeof(env, external, &type) != napi_ok || type != napi_external)
    return "not the abi of a cache";
  if (napi_check_object_type_tag(env, external, &tag, &is_cache) != napi_ok || !is_cache)
    return "not the abi of a cache";
  if (napi_get_value_external(env, external, &data) != napi_ok) return "not an external";
  table = (const catz_abi *)data;
  if (table->abi_version != CATZ_ABI_VERSION) return "another version of the interface";
  if (table->cache == NULL) return "the cache is closed";
  memset(abi, 0, sizeof(*abi));
  memcpy(abi, table, table->struct_size < sizeof(*abi) ? table->struct_size : sizeof(*abi));
  abi->retain(abi->cache);
  return NULL;
}

/* The hash of a key is the same as long as the cache lives: keep it for keys used often. */
static catz_status find(const catz_abi *abi, catz_thread *thread, const uint8_t *key, uint32_t size,
                        uint8_t *target, uint32_t capacity, uint32_t *length) {
  const uint64_t hash = abi->hash(abi->cache, key, size);
  return abi->copy(abi->cache, thread, key, size, hash, target, capacity, length);
}

static int is_filled(const uint8_t *bytes, uint32_t length, uint8_t with) {
  uint32_t i;
  for (i = 0; i < length; i++)
    if (bytes[i] != with) return 0;
  return 1;
}

/* One round on a key of the thread's own, and a look at one that JavaScript rewrites meanwhile.
 * 0, or the line of what does not hold. */
#define EXPECT(condition) \
  if (!(condition)) return __LINE__
static int one_round(const catz_abi *abi, catz_thread *thread, uint32_t round) {
  static const uint8_t shared[] = {'s', 'h', 'a', 'r', 'e', 'd'};
  const uint8_t key[] = {'o', 'w', 'n', (uint8_t)(round % 50)};
  const uint8_t letter = (uint8_t)('a' + round % 26);
  const uint32_t length = 1 + round * 37 % 4000;
  const uint64_t hash = abi->hash(abi->cache, key, sizeof(key));
  uint8_t value[4096], read[4096];
  uint32_t got = 0;
  catz_view view;
  catz_status status;

  memset(value, letter, sizeof(value));
  EXPECT(abi->put(abi->cache, thread, key, sizeof(key), value, length, CATZ_NEVER) == CATZ_OK);
  EXPECT(abi->copy(abi->cache, thread, key, sizeof(key), hash, read, sizeof(read), &got) ==
         CATZ_OK);
  EXPECT(got == length && is_filled(read, got, letter));
  EXPECT(abi->copy(abi->cache, thread, key, sizeof(key), hash, read, 0, &got) == CATZ_TOO_SMALL);
  EXPECT(got == length);

  EXPECT(abi->pin(abi->cache, thread, key, sizeof(key), hash, &view) == CATZ_OK);
  EXPECT(view.length == length && view.expires_at_ms == CATZ_NEVER);
  memset(value, '!', sizeof(value));
  EXPECT(abi->put(abi->cache, thread, key, sizeof(key), value, length, 60000) == CATZ_OK);
  EXPECT(is_filled(view.data, view.length, letter));
  EXPECT(!abi->is_current(abi->cache, &view));
  abi->unpin(abi->cache, view.pin);

  EXPECT(abi->remove(abi->cache, thread, key, sizeof(key)) == CATZ_OK);
  EXPECT(abi->remove(abi->cache, thread, key, sizeof(key)) == CATZ_MISS);
  EXPECT(find(abi, thread, key, sizeof(key), read, sizeof(read), &got) == CATZ_MISS);

  status = find(abi, thread, shared, sizeof(shared), read, sizeof(read), &got);
  EXPECT(status == CATZ_MISS || status == CATZ_OK);
  EXPECT(status == CATZ_MISS || is_filled(read, got, read[0]));
  return 0;
}

/* A thread of its own: no Node-API from here on. */
static void *work(void *argument) {
  cache_use *const use = (cache_use *)argument;
  const catz_abi *const abi = &use->abi;
  catz_thread *const thread = abi->thread_attach(abi->cache);
  uint32_t round;
  for (round = 0; round < use->rounds && use->failed_line == 0; round++) {
    use->failed_line = one_round(abi, thread, round);
    __atomic_store_n(&use->done_rounds, round + 1, __ATOMIC_RELAXED);
  }
  if (use->failed_line != 0) __atomic_store_n(&use->done_rounds, use->rounds, __ATOMIC_RELAXED);
  abi->thread_detach(abi->cache, thread);
  return NULL;
}

/* What JavaScript calls. Uses and views are externals with tags of their own. */
static const napi_type_tag use_tag = {1, 2};
static const napi_type_tag view_tag = {3, 4};

static napi_value failure(napi_env env, const char *why) {
  napi_throw_error(env, NULL, why);
  return NULL;
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

static void free_data(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

static napi_value to_external(napi_env env, void *data, const napi_type_tag *tag) {
  napi_value result = NULL;
  if (napi_create_external(env, data, free_data, NULL, &result) != napi_ok) return NULL;
  return napi_type_tag_object(env, result, tag) == napi_ok ? result : NULL;
}

/* Arguments: first an external, then bytes, bytes, a number. */
typedef struct call {
  void *first;
  uint8_t *bytes[2];
  size_t sizes[2];
  double number;
} call;

static int read_call(napi_env env, napi_callback_info info, const napi_type_tag *tag, call *call) {
  size_t count = 4, i;
  bool is_tagged = false;
  napi_value values[4];
  memset(call, 0, sizeof(*call));
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok) return 0;
  if (napi_check_object_type_tag(env, values[0], tag, &is_tagged) != napi_ok || !is_tagged ||
      napi_get_value_external(env, values[0], &call->first) != napi_ok) {
    failure(env, "expected an external of this addon");
    return 0;
  }
  for (i = 1; i < 3 && i < count; i++)
    napi_get_buffer_info(env, values[i], (void **)&call->bytes[i - 1], &call->sizes[i - 1]);
  napi_get_value_double(env, values[count - 1], &call->number);
  return 1;
}

/* use(abi): a use of the cache. */
static napi_value use_cache(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value external = NULL;
  cache_use *const use = (cache_use *)calloc(1, sizeof(*use));
  const char *why;
  napi_get_cb_info(env, info, &count, &external, NULL, NULL);
  why = use == NULL ? "no memory" : take_cache(env, external, &use->abi);
  if (why == NULL) return to_external(env, use, &use_tag);
  free(use);
  return failure(env, why);
}

/* openExisting(use, name): another use, or undefined. */
static napi_value open_existing(napi_env env, napi_callback_info info) {
  call call;
  cache_use *use, *other;
  catz_cache *cache;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  use = (cache_use *)call.first;
  cache = use->abi.open_existing((const char *)call.bytes[0], (uint32_t)call.sizes[0]);
  if (cache == NULL) return NULL;
  other = (cache_use *)calloc(1, sizeof(*other));
  if (other == NULL) return failure(env, "no memory");
  other->abi = use->abi;
  other->abi.cache = cache;
  return to_external(env, other, &use_tag);
}

/* done(use): ends it. */
static napi_value done(napi_env env, napi_callback_info info) {
  call call;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  ((cache_use *)call.first)->abi.release(((cache_use *)call.first)->abi.cache);
  return NULL;
}

/* get(use, key): a Buffer, or undefined. */
static napi_value get(napi_env env, napi_callback_info info) {
  call call;
  const catz_abi *abi;
  catz_thread *thread;
  catz_status status;
  uint8_t *target = NULL;
  uint32_t length = 0, capacity = 0;
  napi_value result = NULL;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  abi = &((cache_use *)call.first)->abi;
  thread = abi->thread_attach(abi->cache);
  while ((status = find(abi, thread, call.bytes[0], (uint32_t)call.sizes[0], target, capacity,
                        &length)) == CATZ_TOO_SMALL) {
    free(target);
    target = (uint8_t *)malloc(length);
    capacity = target == NULL ? 0 : length;
  }
  abi->thread_detach(abi->cache, thread);
  if (status == CATZ_OK) napi_create_buffer_copy(env, length, target, NULL, &result);
  free(target);
  return result;
}

/* put(use, key, value, ttl): the status. A ttl of 0 is one, -1 stands for CATZ_CACHE_TTL. */
static napi_value put(napi_env env, napi_callback_info info) {
  call call;
  const catz_abi *abi;
  catz_thread *thread;
  catz_status status;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  abi = &((cache_use *)call.first)->abi;
  thread = abi->thread_attach(abi->cache);
  status = abi->put(abi->cache, thread, call.bytes[0], (uint32_t)call.sizes[0], call.bytes[1],
                    call.sizes[1], call.number < 0 ? CATZ_CACHE_TTL : (uint64_t)call.number);
  abi->thread_detach(abi->cache, thread);
  return number(env, status);
}

typedef struct pinned {
  const catz_abi *abi; /* of a use that lives as long */
  catz_view view;
} pinned;

/* pin(use, key): a view, or the status. */
static napi_value pin(napi_env env, napi_callback_info info) {
  call call;
  const catz_abi *abi;
  catz_thread *thread;
  catz_status status;
  uint64_t hash;
  pinned *const view = (pinned *)malloc(sizeof(*view));
  if (view == NULL) return failure(env, "no memory");
  if (!read_call(env, info, &use_tag, &call)) {
    free(view);
    return NULL;
  }
  abi = &((cache_use *)call.first)->abi;
  view->abi = abi;
  thread = abi->thread_attach(abi->cache);
  hash = abi->hash(abi->cache, call.bytes[0], (uint32_t)call.sizes[0]);
  status = abi->pin(abi->cache, thread, call.bytes[0], (uint32_t)call.sizes[0], hash, &view->view);
  abi->thread_detach(abi->cache, thread);
  if (status == CATZ_OK) return to_external(env, view, &view_tag);
  free(view);
  return number(env, status);
}

/* bytesOf(view): a copy of what is pinned. */
static napi_value bytes_of(napi_env env, napi_callback_info info) {
  call call;
  napi_value result = NULL;
  const catz_view *view;
  if (!read_call(env, info, &view_tag, &call)) return NULL;
  view = &((pinned *)call.first)->view;
  napi_create_buffer_copy(env, view->length, view->data, NULL, &result);
  return result;
}

/* timeLeft(view): ms, or -1 for ever. */
static napi_value time_left(napi_env env, napi_callback_info info) {
  call call;
  const pinned *view;
  if (!read_call(env, info, &view_tag, &call)) return NULL;
  view = (const pinned *)call.first;
  if (view->view.expires_at_ms == CATZ_NEVER) return number(env, -1);
  return number(env,
                (double)view->view.expires_at_ms - (double)view->abi->now_ms(view->abi->cache));
}

/* isCurrent(view): 0 or 1. */
static napi_value is_current(napi_env env, napi_callback_info info) {
  call call;
  const pinned *view;
  if (!read_call(env, info, &view_tag, &call)) return NULL;
  view = (const pinned *)call.first;
  return number(env, view->abi->is_current(view->abi->cache, &view->view));
}

/* unpin(view): once. */
static napi_value unpin(napi_env env, napi_callback_info info) {
  call call;
  const pinned *view;
  if (!read_call(env, info, &view_tag, &call)) return NULL;
  view = (const pinned *)call.first;
  view->abi->unpin(view->abi->cache, view->view.pin);
  return NULL;
}

/* start(use, rounds): rounds in a native thread; progress(use): how many it did; join(use): the
 * line that failed, or 0. */
static napi_value start(napi_env env, napi_callback_info info) {
  call call;
  cache_use *use;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  use = (cache_use *)call.first;
  use->rounds = (uint32_t)call.number;
  if (pthread_create(&use->thread, NULL, work, use) != 0) return failure(env, "no thread");
  return NULL;
}

static napi_value progress(napi_env env, napi_callback_info info) {
  call call;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  return number(env, __atomic_load_n(&((cache_use *)call.first)->done_rounds, __ATOMIC_RELAXED));
}

static napi_value join(napi_env env, napi_callback_info info) {
  call call;
  if (!read_call(env, info, &use_tag, &call)) return NULL;
  pthread_join(((cache_use *)call.first)->thread, NULL);
  return number(env, ((cache_use *)call.first)->failed_line);
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"use", use_cache},
      {"openExisting", open_existing},
      {"done", done},
      {"get", get},
      {"put", put},
      {"pin", pin},
      {"bytesOf", bytes_of},
      {"timeLeft", time_left},
      {"isCurrent", is_current},
      {"unpin", unpin},
      {"start", start},
      {"progress", progress},
      {"join", join},
  };
  size_t i;
  for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    napi_value function = NULL;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL,
                         &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}

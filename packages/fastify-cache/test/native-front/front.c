/* A front end that answers without JavaScript what it can: constant routes from the router's plan,
 * and entries of a shared cache under a key made of the route and its parameter. By the C
 * interfaces of
 * @catzilla/router and @catzilla/cache-core alone; all else is JavaScript's. */
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "catzilla_cache.h"
#include "catzilla_router.h"

typedef struct front {
  catz_router router;
  catz_abi cache;
  catz_thread *thread;
} front;

static const void *table_of(napi_env env, napi_value external, uint64_t lower, uint64_t upper) {
  const napi_type_tag tag = {lower, upper};
  bool is_it = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, external, &tag, &is_it) != napi_ok || !is_it) return NULL;
  return napi_get_value_external(env, external, &data) == napi_ok ? data : NULL;
}

/* (router.abi, cache.abi) -> front */
static napi_value js_open(napi_env env, napi_callback_info info) {
  napi_value arguments[2], external = NULL;
  size_t count = 2;
  const catz_router *router;
  const catz_abi *cache;
  front *it = (front *)calloc(1, sizeof(*it));
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  router = (const catz_router *)table_of(env, arguments[0], CATZ_ROUTER_ABI_TAG_LOWER,
                                         CATZ_ROUTER_ABI_TAG_UPPER);
  cache = (const catz_abi *)table_of(env, arguments[1], CATZ_ABI_TAG_LOWER, CATZ_ABI_TAG_UPPER);
  if (router == NULL || cache == NULL || router->abi_version != CATZ_ROUTER_ABI_VERSION ||
      cache->abi_version != CATZ_ABI_VERSION || cache->cache == NULL) {
    free(it);
    napi_throw_error(env, NULL, "not the interfaces of a router and a cache");
    return NULL;
  }
  it->router = *router;
  it->cache = *cache;
  it->router.retain(it->router.slot);
  it->cache.retain(it->cache.cache);
  it->thread = it->cache.thread_attach(it->cache.cache);
  napi_create_external(env, it, NULL, NULL, &external);
  return external;
}

static front *front_of(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  void *data = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_external(env, arguments[0], &data);
  return (front *)data;
}

static napi_value js_close(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  front *it = front_of(env, info, 1, arguments);
  it->cache.thread_detach(it->cache.cache, it->thread);
  it->cache.release(it->cache.cache);
  it->router.release(it->router.slot);
  free(it);
  return NULL;
}

/* The value under "<prefix><parameter>"; how long it is, or -1. */
static int64_t cached(front *it, const char *prefix, const char *target, catz_router_span span,
                      uint8_t *to, uint32_t room) {
  uint8_t key[256];
  const uint32_t head = (uint32_t)strlen(prefix), size = head + span.end - span.begin;
  uint32_t length = 0;
  if (size > sizeof(key)) return -1;
  memcpy(key, prefix, head);
  memcpy(key + head, target + span.begin, span.end - span.begin);
  if (it->cache.copy(it->cache.cache, it->thread, key, size,
                     it->cache.hash(it->cache.cache, key, size), to, room, &length) != CATZ_OK)
    return -1;
  return length;
}

/* (front, method, target, prefix of keys) -> { from, body }, or null: ask JavaScript */
static napi_value js_answer(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result = NULL, body = NULL, from = NULL;
  char method[32], target[1024], prefix[64];
  uint8_t value[4096];
  size_t size = 0;
  int64_t length = -1;
  const char *origin = "constant";
  catz_router_match match;
  const catz_router_plan *plan = NULL;
  front *it = front_of(env, info, 4, arguments);
  const catz_router_table *table = it->router.acquire(it->router.slot);
  napi_get_null(env, &result);
  if (table == NULL) return result;
  napi_get_value_string_latin1(env, arguments[1], method, sizeof(method), &size);
  napi_get_value_string_latin1(env, arguments[3], prefix, sizeof(prefix), &size);
  napi_get_value_string_latin1(env, arguments[2], target, sizeof(target), &size);
  it->router.find(table, method, (uint32_t)strlen(method), target, (uint32_t)size, &match);
  if (match.verdict == CATZ_ROUTER_HIT) {
    plan = it->router.plan(table, match.route);
    if (plan != NULL && plan->body_length <= sizeof(value)) {
      length = plan->body_length;
      memcpy(value, plan->body, plan->body_length);
    } else if (plan == NULL && match.param_count == 1) {
      length = cached(it, prefix, target, match.params[0], value, sizeof(value));
      origin = "cache";
    }
  }
  it->router.unpin(it->router.slot, table);
  if (length < 0) return result;
  napi_create_object(env, &result);
  napi_create_string_latin1(env, origin, NAPI_AUTO_LENGTH, &from);
  napi_create_buffer_copy(env, (size_t)length, value, NULL, &body);
  napi_set_named_property(env, result, "from", from);
  napi_set_named_property(env, result, "body", body);
  return result;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"open", js_open}, {"answer", js_answer}, {"close", js_close}};
  size_t i;
  for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    napi_value function = NULL;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL,
                         &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}

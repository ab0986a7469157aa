/* A native addon that answers requests by the C interface of @catzilla/router: what abi.test.ts
 * compiles and calls, and where docs/reference/c-interface.md has its examples from.
 *
 * Invariant: a `use` holds the slot from `use` to `done`, whatever becomes of the application. Only
 * the functions at the end know JavaScript. */
#define _POSIX_C_SOURCE 200809L
#include <node_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catzilla_router.h"

typedef struct router_use {
  catz_router router; /* a copy; the slot is retained */
  pthread_t thread;
  int failed_line; /* of the check that failed in the thread; 0: none */
  uint32_t answered;
  int stop; /* atomic */
} router_use;

/* Takes the routes of an application over from JavaScript. NULL, or why not. */
static const char *take_router(napi_env env, napi_value external, catz_router *router) {
  static const napi_type_tag tag = {CATZ_ROUTER_ABI_TAG_LOWER, CATZ_ROUTER_ABI_TAG_UPPER};
  napi_valuetype type;
  bool is_router = false;
  void *data = NULL;
  const catz_router *table;
  /* First, since undefined would be an exception to the next call. */
  if (napi_typeof(env, external, &type) != napi_ok || type != napi_external)
    return "not the abi of a router";
  if (napi_check_object_type_tag(env, external, &tag, &is_router) != napi_ok || !is_router)
    return "not the abi of a router";
  if (napi_get_value_external(env, external, &data) != napi_ok) return "not an external";
  table = (const catz_router *)data;
  if (table->abi_version != CATZ_ROUTER_ABI_VERSION) return "another version of the interface";
  memset(router, 0, sizeof(*router));
  memcpy(router, table,
         table->struct_size < sizeof(*router) ? table->struct_size : sizeof(*router));
  router->retain(router->slot);
  return NULL;
}

/* Answers a request if its whole answer is known: the bytes for the socket, but for Date. 0: the
 * request is JavaScript's; else how many bytes, of which at most `room` were written. */
static size_t answer(const catz_router *router, const char *method, const char *target, char *to,
                     size_t room) {
  catz_router_match match;
  const catz_router_plan *plan = NULL;
  size_t size = 0;
  const catz_router_table *table = router->acquire(router->slot);
  if (table == NULL) return 0;
  router->find(table, method, (uint32_t)strlen(method), target, (uint32_t)strlen(target), &match);
  if (match.verdict == CATZ_ROUTER_HIT) plan = router->plan(table, match.route);
  if (plan != NULL) {
    size = (size_t)plan->head_length + 2 + plan->body_length;
    if (size <= room) {
      memcpy(to, plan->head, plan->head_length);
      memcpy(to + plan->head_length, "\r\n", 2);
      memcpy(to + plan->head_length + 2, plan->body, plan->body_length);
    }
  }
  router->unpin(router->slot, table);
  return size;
}

#define EXPECT(condition)          \
  do {                             \
    if (!(condition)) {            \
      use->failed_line = __LINE__; \
      return NULL;                 \
    }                              \
  } while (0)

/* Answers the same request until told to stop: each answer must be whole. */
static void *keep_answering(void *data) {
  router_use *use = (router_use *)data;
  while (!__atomic_load_n(&use->stop, __ATOMIC_ACQUIRE)) {
    char text[4096];
    const size_t size = answer(&use->router, "GET", "/constant?n=1", text, sizeof(text));
    EXPECT(size < sizeof(text));
    if (size == 0) continue;
    EXPECT(memcmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
    EXPECT(text[size - 1] == '!');
    __atomic_fetch_add(&use->answered, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

/* From here on, JavaScript. */

static napi_value fail(napi_env env, const char *why) {
  napi_throw_error(env, NULL, why);
  return NULL;
}

static router_use *use_of(napi_env env, napi_callback_info info, size_t count,
                          napi_value *arguments) {
  void *data = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_external(env, arguments[0], &data);
  return (router_use *)data;
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

static napi_value js_use(napi_env env, napi_callback_info info) {
  napi_value arguments[1], external = NULL;
  size_t count = 1;
  const char *why;
  router_use *use = (router_use *)calloc(1, sizeof(*use));
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  why = take_router(env, arguments[0], &use->router);
  if (why != NULL) {
    free(use);
    return fail(env, why);
  }
  napi_create_external(env, use, NULL, NULL, &external);
  return external;
}

static napi_value js_done(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  router_use *use = use_of(env, info, 1, arguments);
  use->router.release(use->router.slot);
  free(use);
  return NULL;
}

/* (use, method, target) -> { generation, verdict, reason, route, pathEnd, params }, or null */
static napi_value js_find(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result = NULL, params = NULL;
  char method[32], target[9000];
  size_t method_length = 0, target_length = 0;
  uint32_t i;
  catz_router_match match;
  const catz_router_table *table;
  router_use *use = use_of(env, info, 3, arguments);
  napi_get_value_string_latin1(env, arguments[1], method, sizeof(method), &method_length);
  napi_get_value_string_latin1(env, arguments[2], target, sizeof(target), &target_length);
  table = use->router.acquire(use->router.slot);
  napi_get_null(env, &result);
  if (table == NULL) return result;
  memset(&match, 0, sizeof(match));
  use->router.find(table, method, (uint32_t)method_length, target, (uint32_t)target_length, &match);
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "generation", number(env, use->router.generation(table)));
  napi_set_named_property(env, result, "verdict", number(env, match.verdict));
  napi_set_named_property(env, result, "reason", number(env, match.reason));
  napi_set_named_property(env, result, "route", number(env, match.route));
  napi_set_named_property(env, result, "pathEnd", number(env, match.path_end));
  napi_create_array(env, &params);
  for (i = 0; i < match.param_count; i++) {
    napi_value text = NULL;
    const catz_router_span span = match.params[i];
    napi_create_string_latin1(env, target + span.begin, span.end - span.begin, &text);
    napi_set_element(env, params, i, text);
  }
  napi_set_named_property(env, result, "params", params);
  use->router.unpin(use->router.slot, table);
  return result;
}

/* (use, method, target) -> the bytes of the answer, or null */
static napi_value js_answer(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result = NULL;
  char method[32], target[1024], text[65536];
  size_t length = 0, size;
  router_use *use = use_of(env, info, 3, arguments);
  napi_get_value_string_latin1(env, arguments[1], method, sizeof(method), &length);
  napi_get_value_string_latin1(env, arguments[2], target, sizeof(target), &length);
  size = answer(&use->router, method, target, text, sizeof(text));
  if (size == 0 || size > sizeof(text)) {
    napi_get_null(env, &result);
    return result;
  }
  napi_create_buffer_copy(env, size, text, NULL, &result);
  return result;
}

static napi_value js_start(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  router_use *use = use_of(env, info, 1, arguments);
  use->stop = 0;
  if (pthread_create(&use->thread, NULL, keep_answering, use) != 0) return fail(env, "no thread");
  return NULL;
}

static napi_value js_answered(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  router_use *use = use_of(env, info, 1, arguments);
  return number(env, __atomic_load_n(&use->answered, __ATOMIC_RELAXED));
}

/* Ends the thread: the line that failed in it, or 0. */
static napi_value js_stop(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  router_use *use = use_of(env, info, 1, arguments);
  __atomic_store_n(&use->stop, 1, __ATOMIC_RELEASE);
  pthread_join(use->thread, NULL);
  return number(env, use->failed_line);
}

/* An external of another kind, to be refused. */
static napi_value js_stranger(napi_env env, napi_callback_info info) {
  napi_value external = NULL;
  (void)info;
  napi_create_external(env, NULL, NULL, NULL, &external);
  return external;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"use", js_use},       {"done", js_done},        {"find", js_find},
                   {"answer", js_answer}, {"start", js_start},      {"answered", js_answered},
                   {"stop", js_stop},     {"stranger", js_stranger}};
  size_t i;
  for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    napi_value function = NULL;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL,
                         &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}

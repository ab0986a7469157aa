// Leases for JavaScript: a pin in the engine, an id for it, and a place in a view of the arena.
#include "functions.h"

namespace catzilla::lease {

// Argument: the key. 1: leased; kWordLease, kWordRegion, kWordSize, and in the double the bytes'
// distance from the region's start. kCopyLease: nothing was counted; get it instead.
napi_value Take(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  Engine* engine = handle->engine;
  LeaseView view;
  ReadInfo found;
  switch (engine->Lease(handle->counters, argument.key(), &view, &found)) {
    case ReadStatus::kMiss:
      return Number(env, kMiss);
    case ReadStatus::kOverLimit:
      return Number(env, kCopyLease);
    default:
      break;
  }
  const uint32_t id = handle->leases.Add(view.pin);
  if (id == 0) {
    engine->Unlease(view.pin);
    return Number(env, kNoScratch);
  }
  const uint64_t at = static_cast<uint64_t>(view.data - engine->arena());
  handle->words[kWordSize] = static_cast<int32_t>(found.size);
  handle->words[kWordLease] = static_cast<int32_t>(id);
  handle->words[kWordRegion] = static_cast<int32_t>(at / kRegionBytes);
  *handle->expires_at = static_cast<double>(at % kRegionBytes);
  return Number(env, 1);
}

// A copy that JavaScript hands out in place of a lease. Its id.
napi_value Copy(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  const uint32_t id = handle->leases.Add(kNoPin);
  if (id == 0) return Number(env, kNoScratch);
  handle->engine->LeaseCopy(handle->counters);
  return Number(env, static_cast<int32_t>(id));
}

// Argument: an id. Also after close, and without effect for an id that is not open.
napi_value Release(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  Engine* const engine = handle->engine != nullptr ? handle->engine : handle->lease_engine;
  uint32_t id = 0;
  napi_get_value_uint32(env, arguments[0], &id);
  if (engine == nullptr || !handle->leases.Release(id, engine)) return Number(env, 0);
  FinishLeases(handle);
  return Number(env, 1);
}

// Argument: an id that was collected without release. 1: it was pinned, and stays so.
napi_value Leak(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  uint32_t id = 0;
  napi_get_value_uint32(env, arguments[0], &id);
  const uint32_t before = handle->leases.open();
  const bool leaked = handle->leases.Leak(id, handle->engine, handle->counters);
  return Number(env, leaked && handle->leases.open() == before ? 1 : 0);
}

// Argument: the number of a region. Its ArrayBuffer, or a number where there can be none.
napi_value Region(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  uint32_t number = 0;
  napi_get_value_uint32(env, arguments[0], &number);
  napi_value view = handle->leases.Region(env, handle->engine, number);
  return view != nullptr ? view : Number(env, kNoScratch);
}

}  // namespace catzilla::lease

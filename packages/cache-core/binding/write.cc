// Writes: each copies its arguments' bytes into the engine before it returns.
#include <cmath>

#include "functions.h"

namespace catzilla::write {

namespace {

// The time to live of an argument that JavaScript has checked.
int64_t TtlArgument(napi_env env, napi_value value) {
  double ttl = 0;
  napi_get_value_double(env, value, &ttl);
  return std::isinf(ttl) ? kNeverExpires : static_cast<int64_t>(ttl);
}

double DoubleArgument(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return number;
}

// 1 stored, 0 refused. ReadValue(env, value, limit, scratch, &bytes) reads the value's argument.
template <typename Read>
napi_value Set(napi_env env, napi_callback_info info, Read ReadValue) {
  napi_value arguments[3];
  size_t given;
  Handle* handle = Arguments(env, info, arguments, &given);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  Engine* engine = handle->engine;
  TextScratch* scratch = &handle->environment->value;
  Bytes value{nullptr, 0};
  const TextStatus status =
      ReadValue(env, arguments[1], engine->options().max_value_bytes, scratch, &value);
  // A string that is surely too long was not read: its size alone makes the engine refuse it.
  if (status != TextStatus::kOk && status != TextStatus::kTooLong) {
    return Number(env, Failure(status, kBadValue));
  }
  const int64_t ttl = given < 3 ? handle->default_ttl : TtlArgument(env, arguments[2]);
  const WriteStatus written =
      engine->Set(handle->counters, argument.key(), value.data, value.size, ttl);
  scratch->Trim();
  const bool stored = written == WriteStatus::kStored || written == WriteStatus::kStoredInPlace;
  return Number(env, stored ? 1 : 0);
}

}  // namespace

napi_value SetBytes(napi_env env, napi_callback_info info) {
  return Set(env, info, [](napi_env e, napi_value value, size_t, TextScratch*, Bytes* bytes) {
    uint8_t* data = nullptr;
    const TextStatus status = ReadCheckedBytes(e, value, &data, &bytes->size);
    bytes->data = data;
    return status;
  });
}

napi_value SetText(napi_env env, napi_callback_info info) { return Set(env, info, ReadText); }

napi_value Delete(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  return Number(env, handle->engine->Delete(handle->counters, argument.key()) ? 1 : 0);
}

napi_value Touch(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t given;
  Handle* handle = Arguments(env, info, arguments, &given);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  const int64_t ttl = given < 2 ? handle->default_ttl : TtlArgument(env, arguments[1]);
  return Number(env, handle->engine->Touch(handle->counters, argument.key(), ttl) ? 1 : 0);
}

napi_value Clear(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  handle->engine->Clear(handle->counters);
  return Number(env, 1);
}

// Arguments: interval in ms, budget in microseconds. How many entries went; 0 when it is another
// isolate's turn.
napi_value Sweep(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  Handle* handle = Arguments(env, info, arguments);
  Engine* engine = handle->engine;
  if (engine == nullptr) return Number(env, kClosed);
  const int64_t interval = static_cast<int64_t>(DoubleArgument(env, arguments[0]));
  if (!engine->ClaimSweep(interval)) return Number(env, 0);
  const int64_t budget = static_cast<int64_t>(DoubleArgument(env, arguments[1]));
  return Number(env, static_cast<int32_t>(engine->Sweep(handle->counters, budget)));
}

// The engine's ResizeStatus.
napi_value Resize(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  const uint64_t bytes = static_cast<uint64_t>(DoubleArgument(env, arguments[0]));
  return Number(env, static_cast<int32_t>(handle->engine->Resize(handle->counters, bytes)));
}

}  // namespace catzilla::write

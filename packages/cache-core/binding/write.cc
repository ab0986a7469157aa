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

int64_t DefaultTtl(Handle* handle) { return handle->engine->options().default_ttl; }

// 1 stored, 0 refused, or a Result. ReadValue(env, value, limit, scratch, &bytes) reads the value.
template <typename Read>
int32_t Store(napi_env env, Handle* handle, const Key& key, napi_value value,
              const WriteOptions& options, Read ReadValue) {
  Engine* engine = handle->engine;
  TextScratch* scratch = &handle->environment->value;
  Bytes bytes{nullptr, 0};
  const TextStatus status =
      ReadValue(env, value, engine->options().max_value_bytes, scratch, &bytes);
  // A string that is surely too long was not read: its size alone makes the engine refuse it.
  if (status != TextStatus::kOk && status != TextStatus::kTooLong) {
    return Failure(status, kBadValue);
  }
  const WriteStatus written = engine->Set(handle->counters, key, bytes.data, bytes.size, options);
  scratch->Trim();
  const bool stored = written == WriteStatus::kStored || written == WriteStatus::kStoredInPlace;
  return stored ? 1 : 0;
}

TextStatus ReadValueBytes(napi_env env, napi_value value, size_t, TextScratch*, Bytes* bytes) {
  uint8_t* data = nullptr;
  const TextStatus status = ReadCheckedBytes(env, value, &data, &bytes->size);
  bytes->data = data;
  return status;
}

// Either kind. JavaScript has found that it is a string, a Uint8Array or nothing.
TextStatus ReadAnyValue(napi_env env, napi_value value, size_t limit, TextScratch* scratch,
                        Bytes* bytes) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type == napi_string ? ReadText(env, value, limit, scratch, bytes)
                             : ReadValueBytes(env, value, limit, scratch, bytes);
}

template <typename Read>
napi_value Set(napi_env env, napi_callback_info info, Read ReadValue) {
  napi_value arguments[3];
  size_t given;
  Handle* handle = Arguments(env, info, arguments, &given);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  WriteOptions options;
  options.ttl = given < 3 ? DefaultTtl(handle) : TtlArgument(env, arguments[2]);
  return Number(env, Store(env, handle, argument.key(), arguments[1], options, ReadValue));
}

// Hashes of an array of tags that JavaScript has checked; false when it is none.
bool ReadTags(napi_env env, Handle* handle, napi_value array, uint64_t* tags, uint32_t* count) {
  if (napi_get_array_length(env, array, count) != napi_ok || *count > kMaxTags) return false;
  for (uint32_t i = 0; i < *count; i++) {
    napi_value tag = nullptr;
    InlineText text;
    Bytes bytes;
    napi_get_element(env, array, i, &tag);
    if (ReadKey(env, tag, UINT16_MAX, &text, &handle->environment->value, &bytes) !=
        TextStatus::kOk) {
      return false;
    }
    tags[i] = handle->engine->HashTag(bytes.data, static_cast<uint32_t>(bytes.size));
  }
  return true;
}

// Tags, what they are not to have been invalidated since, and the version that the key is to have
// still: below zero means no such thing.
class Conditions {
 public:
  bool Read(napi_env env, Handle* handle, napi_value tags, napi_value since, napi_value version,
            WriteOptions* options) {
    napi_valuetype type = napi_undefined;
    napi_typeof(env, tags, &type);
    if (type != napi_undefined) {
      if (!ReadTags(env, handle, tags, hashes_, &options->tag_count)) return false;
      options->tags = hashes_;
    }
    const double epoch = DoubleArgument(env, since);
    options->has_since = epoch >= 0;
    options->since = options->has_since ? static_cast<uint64_t>(epoch) : 0;
    const double taken = DoubleArgument(env, version);
    options->has_version = taken >= 0;
    options->version = options->has_version ? static_cast<uint64_t>(taken) : 0;
    return true;
  }

 private:
  uint64_t hashes_[kMaxTags];
};

}  // namespace

napi_value SetBytes(napi_env env, napi_callback_info info) {
  return Set(env, info, ReadValueBytes);
}

napi_value SetText(napi_env env, napi_callback_info info) { return Set(env, info, ReadText); }

// Arguments: key, value, ttl (NaN: the default), an array of tags or undefined, since or -1,
// version or -1.
napi_value SetTagged(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  Handle* handle = Arguments(env, info, arguments);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  WriteOptions options;
  const double ttl = DoubleArgument(env, arguments[2]);
  options.ttl = std::isnan(ttl) ? DefaultTtl(handle) : TtlArgument(env, arguments[2]);
  Conditions conditions;
  if (!conditions.Read(env, handle, arguments[3], arguments[4], arguments[5], &options)) {
    return Number(env, kBadTag);
  }
  return Number(env, Store(env, handle, argument.key(), arguments[1], options, ReadAnyValue));
}

// Arguments: arrays of keys and values of one length, a Float64Array of ttls (NaN: the default).
// How many were stored; kWordPosition says how many were done, and kWordMore with which result the
// next one failed.
napi_value SetMany(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  uint32_t count = 0;
  napi_typedarray_type type;
  size_t room = 0;
  void* memory = nullptr;
  if (napi_get_array_length(env, arguments[0], &count) != napi_ok ||
      napi_get_typedarray_info(env, arguments[2], &type, &room, &memory, nullptr, nullptr) !=
          napi_ok ||
      type != napi_float64_array || room < count) {
    return Number(env, kBadTarget);
  }
  const double* const ttls = static_cast<const double*>(memory);
  int32_t stored = 0;
  handle->words[kWordMore] = 0;
  for (uint32_t i = 0; i < count; i++) {
    napi_value key = nullptr, value = nullptr;
    napi_get_element(env, arguments[0], i, &key);
    napi_get_element(env, arguments[1], i, &value);
    KeyArgument argument;
    int32_t result;
    if (argument.Read(env, handle, key, &result)) {
      WriteOptions options;
      options.ttl = std::isnan(ttls[i])   ? DefaultTtl(handle)
                    : std::isinf(ttls[i]) ? kNeverExpires
                                          : static_cast<int64_t>(ttls[i]);
      result = Store(env, handle, argument.key(), value, options, ReadAnyValue);
    }
    handle->words[kWordPosition] = static_cast<int32_t>(i);
    if (result < 0) {
      handle->words[kWordMore] = result;
      return Number(env, stored);
    }
    stored += result;
  }
  handle->words[kWordPosition] = static_cast<int32_t>(count);
  return Number(env, stored);
}

// Argument: an array of keys. How many had a value; the words as in SetMany.
napi_value DeleteMany(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  uint32_t count = 0;
  if (napi_get_array_length(env, arguments[0], &count) != napi_ok) return Number(env, kBadTarget);
  int32_t deleted = 0;
  handle->words[kWordMore] = 0;
  for (uint32_t i = 0; i < count; i++) {
    napi_value key = nullptr;
    napi_get_element(env, arguments[0], i, &key);
    KeyArgument argument;
    handle->words[kWordPosition] = static_cast<int32_t>(i);
    if (!argument.Read(env, handle, key, &handle->words[kWordMore])) return Number(env, deleted);
    if (handle->engine->Delete(handle->counters, argument.key())) deleted++;
  }
  handle->words[kWordPosition] = static_cast<int32_t>(count);
  return Number(env, deleted);
}

// Argument: an array of tags.
napi_value InvalidateTags(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  uint32_t count = 0;
  if (napi_get_array_length(env, arguments[0], &count) != napi_ok) return Number(env, kBadTag);
  for (uint32_t i = 0; i < count; i++) {
    napi_value tag = nullptr;
    InlineText text;
    Bytes bytes;
    napi_get_element(env, arguments[0], i, &tag);
    if (ReadKey(env, tag, UINT16_MAX, &text, &handle->environment->value, &bytes) !=
        TextStatus::kOk) {
      return Number(env, kBadTag);
    }
    handle->engine->InvalidateTag(
        handle->engine->HashTag(bytes.data, static_cast<uint32_t>(bytes.size)));
  }
  return Number(env, 1);
}

// The tag epoch; NaN when closed.
napi_value Epoch(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  napi_value result = nullptr;
  const Engine* engine = handle->engine;
  napi_create_double(env, engine == nullptr ? NAN : static_cast<double>(engine->Epoch()), &result);
  return result;
}

// The key's version, or a Result.
napi_value Version(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  napi_value result = nullptr;
  napi_create_double(env, static_cast<double>(handle->engine->Version(argument.key())), &result);
  return result;
}

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
  const int64_t ttl = given < 2 ? DefaultTtl(handle) : TtlArgument(env, arguments[1]);
  return Number(env, handle->engine->Touch(handle->counters, argument.key(), ttl) ? 1 : 0);
}

napi_value Clear(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  handle->engine->Clear();
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

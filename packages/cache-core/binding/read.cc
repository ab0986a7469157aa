// Reads: Get copies into the read chunk, or into the near chunk when the entry has shown itself
// hot. JavaScript keeps its own count of the read chunk's used bytes: both add the size, rounded up
// to 8. Chunks are multiples of 8, so `used` never passes the end.
#include <cmath>
#include <cstring>

#include "functions.h"

namespace catzilla {

void LeaveRecord(Handle* handle, const ReadInfo& info) {
  handle->words[kWordSize] = static_cast<int32_t>(info.size);
  handle->words[kWordSlot] = static_cast<int32_t>(info.generation_slot);
  handle->words[kWordGeneration] = static_cast<int32_t>(info.generation);
  handle->words[kWordFrequency] = static_cast<int32_t>(info.frequency);
  handle->words[kWordTagged] = info.tagged ? 1 : 0;
  handle->words[kWordTagEpoch] = static_cast<int32_t>(info.tag_epoch);
  *handle->expires_at =
      info.expires_at == kNeverExpires ? INFINITY : static_cast<double>(info.expires_at);
}

namespace read {

namespace {

// Values above this get memory of their own from JavaScript, so that no chunk is mostly wasted.
constexpr uint32_t kLargestInChunk = 16384;
// Hits an entry needs before its copy goes into the near-cache: its third read admits it.
constexpr uint32_t kNearFrequency = 2;

uint32_t Aligned(uint32_t size) { return (size + 7) & ~7u; }

// Moves the value just read from the read chunk's free place to the near chunk.
Result MoveNear(Handle* handle, const uint8_t* value, uint32_t size) {
  Chunk& near_chunk = handle->near_;
  if (near_chunk.size - near_chunk.used < size) return kNearFull;
  if (size != 0) memcpy(near_chunk.data + near_chunk.used, value, size);
  handle->words[kWordNearOffset] = static_cast<int32_t>(near_chunk.used);
  near_chunk.used += Aligned(size);
  return kNear;
}

// Whether the near-cache wants this hot read to go by; see near-cache.ts.
bool PassesOver(Handle* handle) {
  int32_t& left = handle->words[kWordPassOver];
  if (left == 0) return false;
  left--;
  return true;
}

enum class Mode { kGet, kRecord, kPeek };

template <Mode mode>
napi_value ReadToChunk(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  Chunk& chunk = handle->read;
  uint8_t* target = chunk.data + chunk.used;
  uint32_t capacity = chunk.size - chunk.used;
  if (capacity > kLargestInChunk) capacity = kLargestInChunk;
  ReadInfo found;
  const ReadStatus status =
      mode == Mode::kPeek
          ? handle->engine->Peek(argument.key(), target, capacity, &found)
          : handle->engine->Get(handle->counters, argument.key(), target, capacity, &found);
  if (status == ReadStatus::kMiss) return Number(env, kMiss);
  if (status == ReadStatus::kTooSmall) {
    handle->words[kWordSize] = static_cast<int32_t>(found.size);
    return Number(env, kTooSmall);
  }
  if constexpr (mode != Mode::kPeek) {
    const bool is_hot = found.frequency >= kNearFrequency && handle->has_near &&
                        found.size <= handle->near_limit && argument.is_string() &&
                        !PassesOver(handle);
    if (mode == Mode::kRecord || is_hot) LeaveRecord(handle, found);
    if (is_hot) {
      const Result moved = MoveNear(handle, target, found.size);
      if (moved == kNearFull) chunk.used += Aligned(found.size);
      return Number(env, moved);
    }
  }
  chunk.used += Aligned(found.size);
  return Number(env, static_cast<int32_t>(found.size));
}

// Into memory of the caller's; leaves the record's words.
template <Mode mode>
napi_value ReadToTarget(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  Handle* handle = Arguments(env, info, arguments);
  KeyArgument argument;
  int32_t failure;
  if (!argument.Read(env, handle, arguments[0], &failure)) return Number(env, failure);
  uint8_t* target = nullptr;
  size_t size = 0;
  if (ReadBytes(env, arguments[1], &target, &size) != TextStatus::kOk) {
    return Number(env, kBadTarget);
  }
  const uint32_t capacity = size > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(size);
  ReadInfo found;
  const ReadStatus status =
      mode == Mode::kPeek
          ? handle->engine->Peek(argument.key(), target, capacity, &found)
          : handle->engine->Get(handle->counters, argument.key(), target, capacity, &found);
  if (status == ReadStatus::kMiss) return Number(env, kMiss);
  if (status == ReadStatus::kTooSmall) {
    handle->words[kWordSize] = static_cast<int32_t>(found.size);
    return Number(env, kTooSmall);
  }
  LeaveRecord(handle, found);
  return Number(env, static_cast<int32_t>(found.size));
}

// 1 or kMiss; with the expiry in its word.
bool FindEntry(napi_env env, napi_callback_info info, Handle** handle, int32_t* result) {
  napi_value arguments[1];
  *handle = Arguments(env, info, arguments);
  KeyArgument argument;
  if (!argument.Read(env, *handle, arguments[0], result)) return false;
  ReadInfo found;
  *result = kMiss;
  if ((*handle)->engine->Find(argument.key(), &found) != ReadStatus::kHit) return false;
  LeaveRecord(*handle, found);
  *result = 1;
  return true;
}

}  // namespace

napi_value Get(napi_env env, napi_callback_info info) { return ReadToChunk<Mode::kGet>(env, info); }

napi_value GetRecord(napi_env env, napi_callback_info info) {
  return ReadToChunk<Mode::kRecord>(env, info);
}

napi_value Peek(napi_env env, napi_callback_info info) {
  return ReadToChunk<Mode::kPeek>(env, info);
}

napi_value GetInto(napi_env env, napi_callback_info info) {
  return ReadToTarget<Mode::kGet>(env, info);
}

napi_value PeekInto(napi_env env, napi_callback_info info) {
  return ReadToTarget<Mode::kPeek>(env, info);
}

// Arguments: an array of keys, the first one's index, an Int32Array that takes a size or a result
// below zero for each key. How many keys were done: values follow each other in the read chunk, and
// the first that finds no more room there ends the call with kTooSmall, its size in kWordSize.
napi_value GetMany(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  uint32_t count = 0, first = 0;
  napi_typedarray_type type;
  size_t room = 0;
  void* memory = nullptr;
  if (napi_get_array_length(env, arguments[0], &count) != napi_ok ||
      napi_get_value_uint32(env, arguments[1], &first) != napi_ok ||
      napi_get_typedarray_info(env, arguments[2], &type, &room, &memory, nullptr, nullptr) !=
          napi_ok ||
      type != napi_int32_array || room < count) {
    return Number(env, kBadTarget);
  }
  int32_t* const results = static_cast<int32_t*>(memory);
  Chunk& chunk = handle->read;
  for (uint32_t i = first; i < count; i++) {
    napi_value key = nullptr;
    napi_get_element(env, arguments[0], i, &key);
    KeyArgument argument;
    if (!argument.Read(env, handle, key, &results[i])) return Number(env, static_cast<int32_t>(i));
    uint32_t capacity = chunk.size - chunk.used;
    if (capacity > kLargestInChunk) capacity = kLargestInChunk;
    ReadInfo found;
    switch (handle->engine->Get(handle->counters, argument.key(), chunk.data + chunk.used, capacity,
                                &found)) {
      case ReadStatus::kHit:
        results[i] = static_cast<int32_t>(found.size);
        chunk.used += Aligned(found.size);
        break;
      case ReadStatus::kTooSmall:
        results[i] = kTooSmall;
        handle->words[kWordSize] = static_cast<int32_t>(found.size);
        return Number(env, static_cast<int32_t>(i));
      default:
        results[i] = kMiss;
    }
  }
  return Number(env, static_cast<int32_t>(count));
}

napi_value Has(napi_env env, napi_callback_info info) {
  Handle* handle;
  int32_t result;
  FindEntry(env, info, &handle, &result);
  return Number(env, result);
}

// The expiry word becomes the time left, at least 1 ms: a live entry has some.
napi_value Ttl(napi_env env, napi_callback_info info) {
  Handle* handle;
  int32_t result;
  if (FindEntry(env, info, &handle, &result)) {
    const double left = *handle->expires_at - static_cast<double>(handle->engine->Now());
    *handle->expires_at = left < 1 ? 1 : left;
  }
  return Number(env, result);
}

}  // namespace read

}  // namespace catzilla

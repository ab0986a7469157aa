// Everything that is not on the hot path of an open cache: listing, statistics, clock, chunks,
// close.
#include <cmath>
#include <cstring>

#include "../../../native/cache/abi.h"
#include "../../../native/cache/allocator.h"
#include "functions.h"

namespace catzilla::admin {

namespace {

// Keys of one step as [32-bit size, bytes]..., collected under a shard lock.
struct Listing {
  uint8_t* data = nullptr;
  size_t used = 0;
  size_t size = 0;
  double left = 0;
  bool failed = false;
};

void AddKey(void* context, const uint8_t* key, uint32_t size) {
  Listing* listing = static_cast<Listing*>(context);
  const size_t needed = listing->used + sizeof(size) + size;
  if (listing->failed || listing->left <= 0) return;
  listing->left--;
  if (needed > listing->size) {
    uint8_t* grown = static_cast<uint8_t*>(Reallocate(listing->data, needed * 2));
    listing->failed = grown == nullptr;
    if (listing->failed) return;
    listing->data = grown;
    listing->size = needed * 2;
  }
  memcpy(listing->data + listing->used, &size, sizeof(size));
  memcpy(listing->data + listing->used + sizeof(size), key, size);
  listing->used = needed;
}

// Evicted entries on their way to JavaScript: 32-bit sizes of key and value, doubles of the time
// left and the version, key, value; each begins at a multiple of 8.
struct Batch {
  uint8_t* data;
  size_t used;
  int64_t now;
};

void AddEvicted(void* context, const EvictedView& view) {
  Batch* const batch = static_cast<Batch*>(context);
  const uint32_t sizes[2] = {view.key_size, view.value_size};
  const bool never = view.expires_at == kNeverExpires;
  const double left = static_cast<double>(view.expires_at - batch->now);
  const double numbers[2] = {never      ? INFINITY
                             : left < 1 ? 1
                                        : left,
                             static_cast<double>(view.version)};
  uint8_t* const to = batch->data + batch->used;
  memcpy(to, sizes, sizeof(sizes));
  memcpy(to + 8, numbers, sizeof(numbers));
  memcpy(to + 24, view.key, view.key_size);
  memcpy(to + 24 + view.key_size, view.value, view.value_size);
  batch->used += (24 + size_t{view.key_size} + view.value_size + 7) & ~size_t{7};
}

napi_value TakeChunk(napi_env env, napi_callback_info info, Chunk Handle::*member) {
  napi_value arguments[2];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  Chunk& chunk = handle->*member;
  if (chunk.reference != nullptr) napi_delete_reference(env, chunk.reference);
  chunk = Chunk{};
  uint8_t* data = nullptr;
  size_t size = 0;
  if (ReadBytes(env, arguments[0], &data, &size) == TextStatus::kOk && size <= INT32_MAX &&
      napi_create_reference(env, arguments[0], 1, &chunk.reference) == napi_ok) {
    chunk.data = data;
    chunk.size = static_cast<uint32_t>(size);
  }
  if (member == &Handle::near_) {
    handle->has_near = chunk.data != nullptr;
    napi_get_value_uint32(env, arguments[1], &handle->near_limit);
  }
  return Number(env, static_cast<int32_t>(chunk.size));
}

}  // namespace

// Arguments: the prefix, a string or bytes; how many keys at most. All of them as one Buffer: taken
// now, a page of the index at a time, so that no writer waits for more than a page.
napi_value Keys(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  InlineText text;
  Bytes prefix;
  const TextStatus status =
      ReadKey(env, arguments[0], handle->max_key_bytes, &text, &handle->environment->key, &prefix);
  if (status != TextStatus::kOk) return Number(env, Failure(status, kBadKey));
  KeysCursor cursor;
  Listing listing;
  listing.left = DoubleArgument(env, arguments[1]);
  while (handle->engine->Keys(&cursor, prefix.data, static_cast<uint32_t>(prefix.size), AddKey,
                              &listing) &&
         listing.left > 0 && !listing.failed) {
  }
  napi_value result = nullptr;
  const bool copied = !listing.failed && napi_create_buffer_copy(env, listing.used, listing.data,
                                                                 nullptr, &result) == napi_ok;
  Free(listing.data);
  return copied ? result : Number(env, kNoScratch);
}

// Numbers in the order of StatsWord in addon.ts, written to the Float64Array's bytes.
napi_value Stats(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  constexpr size_t kCounters = static_cast<size_t>(Counter::kCount);
  catzilla::Stats stats;
  handle->engine->GetStats(&stats);
  const uint64_t numbers[] = {
      stats.entries,           stats.bytes_max,     stats.bytes_used,
      stats.bytes_live,        stats.bytes_index,   stats.bytes_meta,
      stats.bytes_large,       stats.segments,      stats.segments_free,
      stats.segment_bytes,     stats.shards,        CountIsolates(handle->engine),
      stats.bytes_quarantined, stats.processes,     stats.leases,
      stats.recoveries,        stats.corrupt,       stats.ring.max_bytes,
      stats.ring.bytes,        stats.ring.waiting,  stats.ring.kept,
      stats.ring.dropped,      stats.ring.outdated, stats.ring.too_large,
  };
  constexpr size_t kNumbers = sizeof(numbers) / sizeof(numbers[0]);
  double out[kCounters + kNumbers];
  for (size_t i = 0; i < kCounters; i++) out[i] = static_cast<double>(stats.counters.values[i]);
  for (size_t i = 0; i < kNumbers; i++) out[kCounters + i] = static_cast<double>(numbers[i]);
  uint8_t* target = nullptr;
  size_t size = 0;
  if (ReadBytes(env, arguments[0], &target, &size) != TextStatus::kOk || size < sizeof(out)) {
    return Number(env, kBadTarget);
  }
  memcpy(target, out, sizeof(out));
  return Number(env, 1);
}

// Arguments: bytes of the ring, reads that an entry must have had; once for a handle. 1, with the
// ring's own bytes in the double and its reads in kWordSize; they are the first handle's. 0: no
// memory.
napi_value KeepEvicted(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  const RingOptions asked{static_cast<uint64_t>(DoubleArgument(env, arguments[0])),
                          static_cast<uint32_t>(DoubleArgument(env, arguments[1]))};
  RingOptions actual;
  handle->keeps_evicted = handle->engine->KeepEvicted(asked, &actual);
  if (!handle->keeps_evicted) return Number(env, 0);
  *handle->expires_at = static_cast<double>(actual.max_bytes);
  handle->words[kWordSize] = static_cast<int32_t>(actual.min_reads);
  return Number(env, 1);
}

// Argument: bytes at most, but at least one entry. A Buffer of what AddEvicted wrote, of which
// kWordSize bytes are used; 0 when nothing waits.
napi_value DrainEvicted(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  const uint64_t most = static_cast<uint64_t>(DoubleArgument(env, arguments[0]));
  for (;;) {
    const uint64_t room = handle->engine->EvictedRoom(most);
    if (room == 0) return Number(env, 0);
    void* data = nullptr;
    napi_value result = nullptr;
    if (napi_create_buffer(env, room, &data, &result) != napi_ok) return Number(env, kNoScratch);
    Batch batch{static_cast<uint8_t*>(data), 0, handle->engine->CoarseNow()};
    // None: the one that the room was for has given way to a larger one meanwhile.
    if (handle->engine->DrainEvicted(room, AddEvicted, &batch) == 0) continue;
    handle->words[kWordSize] = static_cast<int32_t>(batch.used);
    return result;
  }
}

napi_value ResetStats(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  handle->engine->ResetStats();
  return Number(env, 1);
}

// ms since the arena's epoch, coarse; NaN when closed.
napi_value Now(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  napi_value result = nullptr;
  const Engine* engine = handle->engine;
  napi_create_double(env, engine == nullptr ? NAN : static_cast<double>(engine->CoarseNow()),
                     &result);
  return result;
}

napi_value SetClock(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  int64_t now = -1;
  napi_get_value_int64(env, arguments[0], &now);
  handle->engine->SetTestClock(now);
  return Number(env, 1);
}

// Argument: the Uint8Array that Get and Peek fill from its start.
napi_value SetReadChunk(napi_env env, napi_callback_info info) {
  return TakeChunk(env, info, &Handle::read);
}

// Arguments: the Uint8Array that Get fills with hot values; the largest value it takes. Before the
// first call, and after one with something else, there is no near-cache.
napi_value SetNearChunk(napi_env env, napi_callback_info info) {
  return TakeChunk(env, info, &Handle::near_);
}

napi_value Unlink(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  handle->engine->Unlink();
  return Number(env, 1);
}

// The C interface as an external, the same for every call. It owns the table; the engine it does
// not hold, so CloseHandle takes that out of the table.
napi_value Abi(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  Handle* handle = Arguments(env, info, arguments);
  if (handle->engine == nullptr) return Number(env, kClosed);
  napi_value external = nullptr;
  if (handle->abi != nullptr) {
    napi_get_reference_value(env, handle->abi_reference, &external);
    return external;
  }
  catz_abi* const table = New<catz_abi>(AbiOf(handle->engine));
  if (table == nullptr) return Number(env, kNoScratch);
  const auto drop = [](napi_env, void* data, void*) { Delete(static_cast<catz_abi*>(data)); };
  if (napi_create_external(env, table, drop, nullptr, &external) != napi_ok) {
    Delete(table);
    return Number(env, kNoScratch);
  }
  static constexpr napi_type_tag kTag = {CATZ_ABI_TAG_LOWER, CATZ_ABI_TAG_UPPER};
  if (napi_type_tag_object(env, external, &kTag) != napi_ok ||
      napi_create_reference(env, external, 1, &handle->abi_reference) != napi_ok) {
    table->cache = nullptr;
    return Number(env, kNoScratch);
  }
  handle->abi = table;
  return external;
}

napi_value Close(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  CloseHandle(Arguments(env, info, arguments), true);
  return Number(env, 1);
}

}  // namespace catzilla::admin

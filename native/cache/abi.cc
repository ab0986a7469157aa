#include "abi.h"

#include "atomics.h"

namespace catzilla {

namespace {

// catz_view::state.
enum ViewState : uint32_t { kSlot, kGeneration, kTagged, kTagEpoch };

Engine* EngineOf(catz_cache* cache) { return reinterpret_cast<Engine*>(cache); }
const Engine* EngineOf(const catz_cache* cache) { return reinterpret_cast<const Engine*>(cache); }
catz_cache* CacheOf(Engine* engine) { return reinterpret_cast<catz_cache*>(engine); }
Counters* CountersOf(catz_thread* thread) { return reinterpret_cast<Counters*>(thread); }

catz_cache* OpenExisting(const char* name, uint32_t size) {
  return CacheOf(Engine::FindOpen(name, size));
}
void Retain(catz_cache* cache) { EngineOf(cache)->Retain(); }
void Release(catz_cache* cache) { EngineOf(cache)->Release(); }
catz_thread* AttachThread(catz_cache* cache) {
  return reinterpret_cast<catz_thread*>(EngineOf(cache)->Attach());
}
void DetachThread(catz_cache* cache, catz_thread* thread) {
  EngineOf(cache)->Detach(CountersOf(thread));
}
uint64_t Hash(const catz_cache* cache, const uint8_t* key, uint32_t size) {
  return EngineOf(cache)->Hash(key, size);
}
uint64_t NowMs(const catz_cache* cache) { return static_cast<uint64_t>(EngineOf(cache)->Now()); }

catz_status PinKey(catz_cache* cache, catz_thread* thread, const uint8_t* key, uint32_t size,
                   uint64_t hash, catz_view* view) {
  LeaseView leased;
  ReadInfo info;
  switch (EngineOf(cache)->Lease(CountersOf(thread), Key{key, size, hash}, &leased, &info)) {
    case ReadStatus::kHit:
      break;
    case ReadStatus::kOverLimit:
      return CATZ_OVER_LIMIT;
    default:
      return CATZ_MISS;
  }
  const bool never = info.expires_at == kNeverExpires;
  view->data = leased.data;
  view->expires_at_ms = never ? CATZ_NEVER : static_cast<uint64_t>(info.expires_at);
  view->length = info.size;
  view->pin = leased.pin;
  view->state[kSlot] = info.generation_slot;
  view->state[kGeneration] = info.generation;
  view->state[kTagged] = info.tagged;
  view->state[kTagEpoch] = info.tag_epoch;
  return CATZ_OK;
}
void UnpinKey(catz_cache* cache, uint32_t pin) { EngineOf(cache)->Unlease(pin); }

catz_status Copy(catz_cache* cache, catz_thread* thread, const uint8_t* key, uint32_t size,
                 uint64_t hash, uint8_t* target, uint32_t capacity, uint32_t* length) {
  ReadInfo info;
  const ReadStatus status =
      EngineOf(cache)->Get(CountersOf(thread), Key{key, size, hash}, target, capacity, &info);
  if (status == ReadStatus::kMiss) return CATZ_MISS;
  *length = info.size;
  return status == ReadStatus::kHit ? CATZ_OK : CATZ_TOO_SMALL;
}

catz_status Put(catz_cache* cache, catz_thread* thread, const uint8_t* key, uint32_t size,
                const uint8_t* value, uint64_t length, uint64_t ttl_ms) {
  Engine* const engine = EngineOf(cache);
  const bool is_named = ttl_ms == CATZ_NEVER || ttl_ms == CATZ_CACHE_TTL;
  const bool is_time = ttl_ms != 0 && ttl_ms <= uint64_t{kMaxTtl};
  if (size > engine->options().max_key_bytes || !(is_named || is_time)) return CATZ_BAD_ARGUMENT;
  WriteOptions options;
  if (ttl_ms == CATZ_CACHE_TTL) options.ttl = engine->options().default_ttl;
  if (is_time) options.ttl = static_cast<int64_t>(ttl_ms);
  const Key whole{key, size, engine->Hash(key, size)};
  const WriteStatus written = engine->Set(CountersOf(thread), whole, value, length, options);
  const bool stored = written == WriteStatus::kStored || written == WriteStatus::kStoredInPlace;
  return stored ? CATZ_OK : CATZ_REFUSED;
}

catz_status Remove(catz_cache* cache, catz_thread* thread, const uint8_t* key, uint32_t size) {
  Engine* const engine = EngineOf(cache);
  const Key whole{key, size, engine->Hash(key, size)};
  return engine->Delete(CountersOf(thread), whole) ? CATZ_OK : CATZ_MISS;
}

int32_t IsCurrent(const catz_cache* cache, const catz_view* view) {
  const Engine* const engine = EngineOf(cache);
  const uint32_t* const generation = engine->generation_words() + view->state[kSlot];
  if (LoadAcquire(generation) != view->state[kGeneration]) return 0;
  const uint32_t tag_epoch = static_cast<uint32_t>(LoadAcquire(engine->tag_epoch_word()));
  if (view->state[kTagged] != 0 && tag_epoch != view->state[kTagEpoch]) return 0;
  return view->expires_at_ms > static_cast<uint64_t>(engine->CoarseNow());
}

}  // namespace

catz_abi AbiOf(Engine* engine) {
  return catz_abi{CATZ_ABI_VERSION,
                  sizeof(catz_abi),
                  CacheOf(engine),
                  OpenExisting,
                  Retain,
                  Release,
                  AttachThread,
                  DetachThread,
                  Hash,
                  NowMs,
                  PinKey,
                  UnpinKey,
                  Copy,
                  Put,
                  Remove,
                  IsCurrent};
}

}  // namespace catzilla

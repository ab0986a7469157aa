#include "eviction_ring.h"

#include <cstring>

#include "allocator.h"
#include "entries.h"
#include "tags.h"
#include "version.h"

namespace catzilla {

namespace {

// How many outdated records are dropped before others may have the mutex.
constexpr uint32_t kSkippedAtOnce = 64;

uint64_t TurnOf(uint64_t version) { return version >> 32; }

}  // namespace

bool EvictionRing::Open(const RingOptions& asked, RingOptions* actual) {
  MutexLock lock(mutex_);
  if (users_ == 0) {
    size_ = asked.max_bytes & ~uint64_t{7};
    data_ = static_cast<uint8_t*>(Allocate(size_));
    if (data_ == nullptr) return false;
    Restart();
    stats_ = RingStats{};
    stats_.max_bytes = asked.max_bytes;
    const uint64_t eighth = size_ / 8;
    StoreRelaxed(&min_reads_, asked.min_reads);
    StoreRelaxed(&largest_, eighth < kMostCopied ? eighth : kMostCopied);
  }
  users_++;
  *actual = RingOptions{stats_.max_bytes, LoadRelaxed(&min_reads_)};
  return true;
}

void EvictionRing::Close() {
  MutexLock lock(mutex_);
  if (--users_ != 0) return;
  StoreRelaxed(&largest_, uint64_t{0});
  Free(data_);
  data_ = nullptr;
  stats_ = RingStats{};
}

void EvictionRing::Restart() {
  head_ = tail_ = 0;
  lap_end_ = kNone;
}

void EvictionRing::RemoveOldest() {
  const uint64_t bytes = Oldest().bytes;
  head_ += bytes;
  stats_.bytes -= bytes;
  if (head_ == lap_end_) {
    head_ = 0;
    lap_end_ = kNone;
  }
  if (--stats_.waiting == 0) Restart();
}

// A record never wraps: when the rest of the memory is too short for it, a new lap begins. While
// the head is above the tail, the tail is a lap ahead and must not pass it.
uint8_t* EvictionRing::Reserve(uint64_t bytes) {
  const auto drop = [this]() CATZ_REQUIRES(mutex_) {
    RemoveOldest();
    stats_.dropped++;
  };
  if (size_ - tail_ < bytes) {
    while (stats_.waiting != 0 && head_ >= tail_) drop();
    if (stats_.waiting != 0) lap_end_ = tail_;
    tail_ = 0;
  }
  while (stats_.waiting != 0 && head_ >= tail_ && head_ - tail_ < bytes) drop();
  uint8_t* const at = data_ + tail_;
  tail_ += bytes;
  stats_.waiting++;
  stats_.bytes += bytes;
  stats_.kept++;
  return at;
}

void EvictionRing::Push(const Item* item, uint32_t tags, uint64_t version) {
  const uint8_t* const from = reinterpret_cast<const uint8_t*>(item);
  const uint64_t bytes =
      Align8(sizeof(Record) + uint64_t{tags} * 8 + item->key_size + uint64_t{item->value_size});
  MutexLock lock(mutex_);
  if (data_ == nullptr) return;
  if (bytes > LoadRelaxed(&largest_)) {
    stats_.too_large++;
    return;
  }
  uint8_t* to = Reserve(bytes);
  const uint64_t* const known = TagsOf(item, item->key_size);
  const Record record{static_cast<uint32_t>(bytes),
                      item->key_size,
                      item->value_size,
                      tags,
                      ExpiryOf(LoadRelaxed(&item->expiry_flags)),
                      version,
                      tags == 0 ? 0 : LoadRelaxed(known)};
  std::memcpy(to, &record, sizeof(record));
  to += sizeof(record);
  if (tags != 0) std::memcpy(to, known + 1, size_t{tags} * 8);
  to += size_t{tags} * 8;
  std::memcpy(to, item->key(), item->key_size);
  std::memcpy(to + item->key_size, from + ValueOffset(item->key_size, tags), item->value_size);
}

// A Clear ends with a turn.
bool EvictionRing::IsOutdated(const EngineState& state, const Record& record) {
  if (record.expires_at <= state.CoarseNow()) return true;
  if (TurnOf(record.version) != TurnOf(VersionOf(state, 0))) return true;
  if (record.tag_count == 0 || record.epoch >= LoadSeqCst(state.tag_epoch)) return false;
  return AnyInvalidated(state, record.tags(), record.tag_count, record.epoch);
}

bool EvictionRing::SkipOutdated(const EngineState& state) {
  for (uint32_t i = 0; i < kSkippedAtOnce; i++) {
    if (stats_.waiting == 0 || !IsOutdated(state, Oldest())) return true;
    RemoveOldest();
    stats_.outdated++;
  }
  return false;
}

uint64_t EvictionRing::Room(const EngineState& state, uint64_t max_bytes) {
  for (;;) {
    MutexLock lock(mutex_);
    if (!SkipOutdated(state)) continue;
    if (stats_.waiting == 0) return 0;
    const uint64_t most = max_bytes < stats_.bytes ? max_bytes : stats_.bytes;
    return most < Oldest().bytes ? Oldest().bytes : most;
  }
}

// One record for each time the mutex is held: evictions must not wait for a whole batch.
uint32_t EvictionRing::Take(const EngineState& state, uint64_t room, EvictedSink sink,
                            void* context) {
  for (uint32_t taken = 0;;) {
    MutexLock lock(mutex_);
    if (!SkipOutdated(state)) continue;
    if (stats_.waiting == 0 || Oldest().bytes > room) return taken;
    const Record& record = Oldest();
    sink(context, EvictedView{record.key(), record.key() + record.key_size, record.key_size,
                              record.value_size, record.expires_at, record.version});
    room -= record.bytes;
    RemoveOldest();
    taken++;
  }
}

void EvictionRing::Describe(RingStats* stats) {
  MutexLock lock(mutex_);
  *stats = stats_;
}

void EvictionRing::ResetCounts() {
  MutexLock lock(mutex_);
  stats_.kept = stats_.dropped = stats_.too_large = stats_.outdated = 0;
}

// The version before the look for a Clear: one that is not seen here turns it again at its end, and
// one that is has voided the entry.
void KeepEvicted(const EngineState& state, const Shard& shard, const Item* item, uint32_t reads) {
  EvictionRing* const ring = LoadAcquire(&state.evicted);
  if (ring == nullptr || !ring->Wants(reads)) return;
  const uint64_t hash = HashBytes(item->key(), item->key_size, state.hash_seed);
  const uint64_t version = VersionOf(state, hash);
  if (LoadSeqCst(&state.header->pending_clears) & state.ShardBit(shard)) return;
  if (!IsLive(state, item, state.CoarseNow())) return;
  const uint32_t tags = TagCountOf(LoadRelaxed(&item->expiry_flags));
  const uint64_t at = static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(item) - state.base);
  // Sizes in a file may be damaged.
  if (at + ItemBytes(item->key_size, tags, item->value_size) > state.arena_bytes) return;
  ring->Push(item, tags, version);
}

bool Engine::KeepEvicted(const RingOptions& options, RingOptions* actual) {
  EvictionRing* ring = LoadAcquire(&state_->evicted);
  if (ring == nullptr) {
    EvictionRing* const made = New<EvictionRing>();
    if (made == nullptr) return false;
    made->Init();
    EvictionRing* const none = nullptr;
    if (!CompareExchangeSeqCst(&state_->evicted, none, made)) catzilla::Delete(made);
    ring = LoadAcquire(&state_->evicted);
  }
  return ring->Open(options, actual);
}

void Engine::IgnoreEvicted() { LoadAcquire(&state_->evicted)->Close(); }

uint64_t Engine::EvictedRoom(uint64_t max_bytes) {
  EvictionRing* const ring = LoadAcquire(&state_->evicted);
  return ring == nullptr ? 0 : ring->Room(*state_, max_bytes);
}

uint32_t Engine::DrainEvicted(uint64_t room, EvictedSink sink, void* context) {
  EvictionRing* const ring = LoadAcquire(&state_->evicted);
  return ring == nullptr ? 0 : ring->Take(*state_, room, sink, context);
}

}  // namespace catzilla

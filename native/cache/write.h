// Write: store, remove and renew entries, and give a large value a run of segments of its own.
//
// Invariant: a write publishes its slot first and changes the key's generation word last, before
// it returns, also when the key was absent.
#ifndef CATZILLA_CACHE_WRITE_H_
#define CATZILLA_CACHE_WRITE_H_

#include "entries.h"

namespace catzilla {

// The largest item that is appended to a log; a bigger one takes segments of its own.
inline uint64_t MaxLogItem(const EngineState& state) { return state.segment_bytes() / 2 - 8; }

WriteStatus StoreEntry(EngineState& state, Counters* counters, const Key& key, Content content,
                       const WriteOptions& options);
WriteStatus StoreLarge(EngineState& state, Counters* counters, const Key& key,
                       const Content& content, const WriteOptions& options);
// What in the options speaks against the store: kVersion, kSince, or kStored for nothing. REQUIRES:
// the mutex of the key's shard, so that a Clear comes either before this or after the store.
WriteStatus ObjectionTo(const EngineState& state, const Key& key, const WriteOptions& options);
// Makes an entry readable that was published with an odd sequence, if its version still holds; else
// removes it. Only in arenas that processes share; see version.h.
bool Confirm(EngineState& state, Shard& shard, Item* item, const Key& key,
             const WriteOptions& options) CATZ_REQUIRES(shard.mutex);
// Counts the refusal and removes the key, unless its version says that what is there is newer.
WriteStatus Refuse(EngineState& state, Counters* counters, const Key& key, WriteStatus why,
                   const WriteOptions& options);
// Removes an entry that is not live, counted as void or as `expired`.
void RemoveDue(EngineState& state, Shard& shard, Counters* counters, const SlotRef& ref,
               Counter expired) CATZ_REQUIRES(shard.mutex);
// Whether an entry that was live was removed.
bool RemoveKey(EngineState& state, Counters* counters, const Key& key);
bool TouchKey(EngineState& state, Counters* counters, const Key& key, int64_t expires_at);
// Removes the entry if it is still there and not live; gives up rather than wait for the mutex.
void RemoveStale(EngineState& state, Counters* counters, const Key& key);
// REQUIRES: the shard's mutex.
void ClearShard(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_WRITE_H_

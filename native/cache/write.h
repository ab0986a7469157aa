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

WriteStatus StoreEntry(EngineState& state, Counters* counters, const Key& key, const uint8_t* value,
                       uint64_t size, int64_t expires_at);
WriteStatus StoreLarge(EngineState& state, Counters* counters, const Key& key, const uint8_t* value,
                       uint64_t size, int64_t expires_at);
// Whether an entry that had not expired was removed.
bool RemoveKey(EngineState& state, Counters* counters, const Key& key);
bool TouchKey(EngineState& state, Counters* counters, const Key& key, int64_t expires_at);
// Removes the entry if it is still there and expired; gives up rather than wait for the mutex.
void RemoveExpired(EngineState& state, Counters* counters, const Key& key);
void ClearShard(EngineState& state, Shard& shard);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_WRITE_H_

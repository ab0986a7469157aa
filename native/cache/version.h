// Version: a number for each key, by which a write can say what it was computed from.
//
// It is the key's generation word, and above it a counter of the arena's turns: so every set,
// delete and touch of the key changes it, also of an absent one, and every Clear that of all keys.
// Keys that share a word share a version: a needless refusal, never an undeserved store. Eviction
// and expiry leave it alone: what is computed from the source is no older for them, and the word
// is the near-caches', whose copies stay right.
//
// Invariant: what a shard's mutex guards has the version it is compared with. Only two bypass the
// mutex. Clear turns the counter before it marks the shards, so that who finds its shard already
// cleared finds the turn, too. A removal that cannot have the mutex (expire.cc) changes the word
// before it looks for the entry, and a guarded write looks at the word once more when its entry
// can be found, and before it can be read.
//
// A word comes round after 2^32 writes to it, and has raised the counter twice meanwhile; 21 bits
// of the counter are in the version. So a version comes back after 2^52 writes, or sooner only by
// some two million Clears among 2^32 writes to one word, counted to the very write: not within the
// life of a value that is being computed.
#ifndef CATZILLA_CACHE_VERSION_H_
#define CATZILLA_CACHE_VERSION_H_

#include "state.h"

namespace catzilla {

// What a JavaScript number holds.
inline constexpr uint64_t kVersionMask = (uint64_t{1} << 53) - 1;

inline uint64_t VersionOf(const EngineState& state, uint64_t hash) {
  const uint64_t turns = LoadSeqCst(&state.header->turns);
  return (turns << 32 | LoadSeqCst(&state.generations[hash & state.generation_mask])) &
         kVersionMask;
}

// Whether nobody has written the key since the write's version was taken. True without the mutex
// means nothing; false is final.
inline bool IsUnchanged(const EngineState& state, uint64_t hash, const WriteOptions& options) {
  return !options.has_version || options.version == VersionOf(state, hash);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_VERSION_H_

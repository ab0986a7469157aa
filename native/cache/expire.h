// Expire: another expiry for an entry without its shard's mutex, which a stopped process may hold.
//
// It is how a removal and a renewal keep their word when the mutex cannot be had in time: an entry
// that has expired is gone for every reader, and is cleaned up by whoever gets the mutex next.
// Invariant: the item is pinned while its expiry is changed, so its bytes are still the entry's.
// The slot is read again afterwards: an entry that was moved meanwhile is expired at its new place,
// too. One that is about to leave its place is marked dead there and not changed any more, but
// looked for again (Condemn in entries.cc).
// Absence is believed only of an index that nobody was rebuilding (Shard::rebuilds): what it lacks
// then may be in a log, about to be found again. A removal that cannot know has the whole shard
// cleared, as Clear does: a cache may forget, but must not show what was removed. It is rare: a
// death and then a rebuild longer than lock_timeout, or a stop at the very moment an entry moves. A
// renewal finds nothing then.
#ifndef CATZILLA_CACHE_EXPIRE_H_
#define CATZILLA_CACHE_EXPIRE_H_

#include "probe.h"

namespace catzilla {

// Whether a live entry was given the expiry; 0 removes it, whatever else has to go with it. Changes
// the key's generation word.
bool SetExpiryUnlocked(EngineState& state, const Key& key, int64_t expires_at);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_EXPIRE_H_

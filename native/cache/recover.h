// Recover: what is done about the unfinished work of a process that died, and about a whole arena
// that nobody closed.
//
// Logs are the truth: a shard is rebuilt from the items in its segments. An item counts when it is
// not dead, not half rewritten, and its checksum fits its bytes and its place in this life of the
// segment. The one key that was being written (Shard::intent) is dropped, since the log may hold
// its old value, its new one, or both. An entry that was just being moved may be lost, but is never
// found twice. Frequencies are lost. Meanwhile, and until it is finished should its owner die, too,
// Shard::rebuilds is odd: what is not in the index may be about to come back. Invariant: no offset
// or size found in the arena is followed before it was checked against its bounds, so a torn or
// hostile file can lose entries but not crash its readers here. A process that is killed leaves a
// prefix of its program: all stores it has executed are visible.
#ifndef CATZILLA_CACHE_RECOVER_H_
#define CATZILLA_CACHE_RECOVER_H_

#include "locks.h"

namespace catzilla {

// False: the shard cannot even have an index page. Bumps no generation but that of the dropped key.
bool RebuildShard(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex);

// Derives the free list and the counts of segments from the roles in the table.
void RecountSegments(EngineState& state) CATZ_REQUIRES(state.header->mutex);

// The same for an arena that this process alone has open and cannot trust: every role, every shard.
// False: too damaged to be used.
bool RecoverArena(EngineState& state);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_RECOVER_H_

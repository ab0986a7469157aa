// TagPass: visits every tagged item, removes what is void, and raises the epoch of the rest, so
// that notes from before the pass are needed no more and what they took can be used again.
//
// Invariant: an item is raised only to an epoch up to which all notes are written, and only when
// none of them makes it void. When all were visited the floor rises to that epoch: what was missed
// (moved at the wrong moment) is void then, which errs on the safe side.
// Threads: one at a time, by Header::pass_mutex; items under their shard's mutex, 64 at a time.
#ifndef CATZILLA_CACHE_TAG_PASS_H_
#define CATZILLA_CACHE_TAG_PASS_H_

#include "locks.h"

namespace catzilla {

// Goes on with the pass, or begins one when a quarter of the notes may be taken, until the
// monotonic clock shows deadline_ns. Returns how many entries it removed.
uint64_t PassTags(EngineState& state, Counters* counters, int64_t deadline_ns);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_TAG_PASS_H_

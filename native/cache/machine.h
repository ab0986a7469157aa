// Machine: engines whose arena is a file that all processes of a user on a machine map.
//
// Opening is serialised by a lock on the file. With others attached the file is taken as it is;
// with nobody it is checked, and verified item by item unless its last user closed it. A file of
// another layout, or one that cannot be made sense of, starts anew; one that is no arena is left
// alone. Invariant: the whole bound is backed by memory before the arena is used, so that nobody is
// killed for touching it (SIGBUS). Linux only: elsewhere there are no mutexes that survive their
// owner.
#ifndef CATZILLA_CACHE_MACHINE_H_
#define CATZILLA_CACHE_MACHINE_H_

#include "state.h"

namespace catzilla {

// The engine of a file, attached to; nullptr with the reason in *report.
EngineState* OpenMachine(const Place& place, const Options& options, OpenReport* report);
// Detaches, and leaves the file ready for a warm start when nobody else has it open. The memory
// stays mapped. REQUIRES: nobody in this process uses the engine any more.
void LeaveMachine(EngineState& state);
// The same, and frees the state.
void CloseMachine(EngineState* state);
void UnlinkMachine(EngineState& state);

bool BackFileRange(EngineState& state, Offset at, uint64_t bytes);
void UnbackFileRange(EngineState& state, Offset at, uint64_t bytes);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_MACHINE_H_

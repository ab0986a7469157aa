// Arena: the bytes of an engine, made from options, and the pointers into them.
//
// Invariant: a fresh arena is zeroed memory, so only what is not zero is written.
// Ownership: of the caller, who has the memory from memory.h or machine.h.
#ifndef CATZILLA_CACHE_ARENA_H_
#define CATZILLA_CACHE_ARENA_H_

#include "state.h"

namespace catzilla {

// Points the state into an arena of that geometry at `base`.
void MapArena(EngineState& state, uint8_t* base, const Geometry& geometry);
// Copies to the state what the header holds and never changes. REQUIRES: MapArena.
void ReadHeader(EngineState& state);
// Makes zeroed memory an arena. REQUIRES: MapArena, and that nobody else knows the memory.
void InitArena(EngineState& state, const Options& options, const Geometry& geometry);
// Makes every mutex anew. REQUIRES: nobody uses the arena.
void InitMutexes(EngineState& state);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ARENA_H_

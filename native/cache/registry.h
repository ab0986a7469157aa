// Registry: the named engines of this process, and the life of every engine.
//
// Invariant: a name maps to at most one engine, from its first open to its last release.
#ifndef CATZILLA_CACHE_REGISTRY_H_
#define CATZILLA_CACHE_REGISTRY_H_

#include "state.h"

namespace catzilla {

// A new arena with one reference; nullptr with the reason in *status.
EngineState* CreateState(const Options& options, OpenStatus* status);
void DestroyState(EngineState* state);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_REGISTRY_H_

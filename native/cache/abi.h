// Abi: an engine as the C interface of include/catzilla_cache.h.
#ifndef CATZILLA_CACHE_ABI_TABLE_H_
#define CATZILLA_CACHE_ABI_TABLE_H_

#include "engine.h"
#include "include/catzilla_cache.h"

namespace catzilla {

// The table for an engine, which it does not retain.
catz_abi AbiOf(Engine* engine);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ABI_TABLE_H_

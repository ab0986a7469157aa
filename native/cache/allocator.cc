#include "allocator.h"

#if defined(CATZ_JEMALLOC)
#include <jemalloc/jemalloc.h>
#else
#include <cstdlib>
#endif

namespace catzilla {

#if defined(CATZ_JEMALLOC)

void* Allocate(size_t size) { return je_malloc(size); }
void* AllocateZeroed(size_t size) { return je_calloc(1, size); }
void* Reallocate(void* memory, size_t size) { return je_realloc(memory, size); }
void Free(void* memory) { je_free(memory); }
const char* AllocatorName() { return "jemalloc"; }

#else

void* Allocate(size_t size) { return std::malloc(size); }
void* AllocateZeroed(size_t size) { return std::calloc(1, size); }
void* Reallocate(void* memory, size_t size) { return std::realloc(memory, size); }
void Free(void* memory) { std::free(memory); }
const char* AllocatorName() { return "malloc"; }

#endif

}  // namespace catzilla

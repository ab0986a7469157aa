// Address ranges from the operating system: reserved whole, resident only where touched.
//
// Invariant: a reserved range stays mapped until Release; Decommit gives its pages back and later
// reads of them yield zeros, so a stale view never faults.
#ifndef CATZILLA_CACHE_MEMORY_H_
#define CATZILLA_CACHE_MEMORY_H_

#include <cstddef>
#include <cstdint>

namespace catzilla {

size_t PageBytes();
// Zeroed, page-aligned, not yet resident; nullptr when the system refuses.
uint8_t* ReserveMemory(size_t bytes);
// Makes a range usable. Where the system commits on touch this is free; false: no memory.
bool CommitMemory(uint8_t* base, size_t bytes);
// REQUIRES: base and bytes are multiples of PageBytes().
void DecommitMemory(uint8_t* base, size_t bytes);
void ReleaseMemory(uint8_t* base, size_t bytes);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_MEMORY_H_

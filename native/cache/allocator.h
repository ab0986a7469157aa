// Allocator: memory for what does not live in the arena: names, handles, strings on their way.
// Which one answers is decided when the library is built: the process's malloc, or with
// CATZ_JEMALLOC jemalloc under names of its own (je_), so that Node's malloc stays as it is.
//
// Invariant: what came from here goes back here. Memory never crosses to or from malloc, new, Node.
// Threads: every function may be called from any thread; memory may be freed by another thread.
// Leaves to memory.h: the arena, whose bound would mean nothing if it came from an allocator.
#ifndef CATZILLA_CACHE_ALLOCATOR_H_
#define CATZILLA_CACHE_ALLOCATOR_H_

#include <cstddef>
#include <new>
#include <utility>

namespace catzilla {

// At least `size` bytes, contents undefined, aligned for every scalar; nullptr when there is no
// memory. REQUIRES: size > 0.
void* Allocate(size_t size);
// The same, all bytes 0.
void* AllocateZeroed(size_t size);
// The block with room for `size` bytes and the contents it had, perhaps elsewhere; nullptr when
// there is no memory, and the old block then stays as it was. nullptr is an empty block.
// REQUIRES: size > 0.
void* Reallocate(void* memory, size_t size);
// Nothing for nullptr.
void Free(void* memory);

// "malloc" or "jemalloc"; never changes in a process.
const char* AllocatorName();

// An object in such memory; nullptr when there is none. REQUIRES: no alignment above max_align_t.
template <class T, class... Arguments>
T* New(Arguments&&... arguments) {
  static_assert(alignof(T) <= alignof(std::max_align_t));
  void* const memory = Allocate(sizeof(T));
  return memory == nullptr ? nullptr : new (memory) T{std::forward<Arguments>(arguments)...};
}

// Ends what New made; nothing for nullptr.
template <class T>
void Delete(T* object) {
  if (object == nullptr) return;
  object->~T();
  Free(object);
}

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ALLOCATOR_H_

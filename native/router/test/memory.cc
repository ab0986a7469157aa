// The global new and delete of the tests, over malloc, so that ASan sees each piece as it is.
#include "memory.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constexpr int64_t kNoLimit = INT64_MAX;

std::atomic<int64_t> live{0};
thread_local int64_t allowed = kNoLimit;

void* Counted(void* block) {
  if (block != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void* Take(std::size_t size) { return Counted(std::malloc(size == 0 ? 1 : size)); }

void* Take(std::size_t size, std::align_val_t alignment) {
  void* block = nullptr;
  if (posix_memalign(&block, static_cast<std::size_t>(alignment), size) != 0) return nullptr;
  return Counted(block);
}

// Whether one that asks politely gets some.
bool MayTake() { return allowed == kNoLimit || allowed-- > 0; }

void* Must(void* block) {
  if (block == nullptr) std::abort();
  return block;
}

void Give(void* block) {
  if (block != nullptr) live.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

namespace catzilla_test {

int64_t LiveBlocks() { return live.load(std::memory_order_relaxed); }

OutOfMemory::OutOfMemory(int64_t count) { allowed = count; }
OutOfMemory::~OutOfMemory() { allowed = kNoLimit; }

}  // namespace catzilla_test

void* operator new(std::size_t size) { return Must(Take(size)); }
void* operator new[](std::size_t size) { return Must(Take(size)); }
void* operator new(std::size_t size, std::align_val_t align) { return Must(Take(size, align)); }
void* operator new[](std::size_t size, std::align_val_t align) { return Must(Take(size, align)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return MayTake() ? Take(size) : nullptr;
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return MayTake() ? Take(size) : nullptr;
}
void* operator new(std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return MayTake() ? Take(size, align) : nullptr;
}
void* operator new[](std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return MayTake() ? Take(size, align) : nullptr;
}
void operator delete(void* block) noexcept { Give(block); }
void operator delete[](void* block) noexcept { Give(block); }
void operator delete(void* block, std::size_t) noexcept { Give(block); }
void operator delete[](void* block, std::size_t) noexcept { Give(block); }
void operator delete(void* block, std::align_val_t) noexcept { Give(block); }
void operator delete[](void* block, std::align_val_t) noexcept { Give(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { Give(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { Give(block); }

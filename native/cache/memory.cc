#include "memory.h"

#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace catzilla {

#if defined(_WIN32)

size_t PageBytes() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

uint8_t* ReserveMemory(size_t bytes) {
  return static_cast<uint8_t*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS));
}

bool CommitMemory(uint8_t* base, size_t bytes) {
  return VirtualAlloc(base, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

// Decommitting would make a stale read fault, so the pages stay mapped and only lose their backing.
void DecommitMemory(uint8_t* base, size_t bytes) {
  VirtualAlloc(base, bytes, MEM_RESET, PAGE_READWRITE);
}

void ReleaseMemory(uint8_t* base, size_t) { VirtualFree(base, 0, MEM_RELEASE); }

#else

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

uint8_t* ReserveMemory(size_t bytes) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#if defined(MAP_NORESERVE)
  flags |= MAP_NORESERVE;
#endif
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return base == MAP_FAILED ? nullptr : static_cast<uint8_t*>(base);
}

bool CommitMemory(uint8_t*, size_t) { return true; }

void DecommitMemory(uint8_t* base, size_t bytes) {
#if defined(__APPLE__)
  // MADV_DONTNEED keeps the pages there; a fresh mapping over the range gives them back.
  mmap(base, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
#else
  madvise(base, bytes, MADV_DONTNEED);
#endif
}

void ReleaseMemory(uint8_t* base, size_t bytes) { munmap(base, bytes); }

#endif

}  // namespace catzilla

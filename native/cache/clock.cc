#include "clock.h"

#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
extern "C" BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);  // RtlGenRandom
#pragma comment(lib, "advapi32.lib")
#else
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#else
#include <stdlib.h>
#endif
#endif

namespace catzilla {

#if defined(_WIN32)

int64_t MonotonicNs() {
  LARGE_INTEGER frequency, count;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&count);
  const int64_t seconds = count.QuadPart / frequency.QuadPart;
  const int64_t rest = count.QuadPart % frequency.QuadPart;
  return seconds * 1000000000 + rest * 1000000000 / frequency.QuadPart;
}

int64_t CoarseMonotonicNs() { return MonotonicNs(); }

// Counted in 100 ns since 1601.
int64_t WallMs() {
  FILETIME time;
  GetSystemTimeAsFileTime(&time);
  const uint64_t units = static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
  return static_cast<int64_t>(units / 10000) - 11644473600000;
}

#else

namespace {
int64_t ReadClock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}
}  // namespace

int64_t MonotonicNs() { return ReadClock(CLOCK_MONOTONIC); }

int64_t CoarseMonotonicNs() {
#if defined(CLOCK_MONOTONIC_COARSE)
  return ReadClock(CLOCK_MONOTONIC_COARSE);
#else
  return ReadClock(CLOCK_MONOTONIC);
#endif
}

int64_t WallMs() { return ReadClock(CLOCK_REALTIME) / 1000000; }

#endif

uint64_t RandomSeed() {
  uint64_t seed = 0;
#if defined(_WIN32)
  SystemFunction036(&seed, sizeof(seed));
#elif defined(__linux__)
  if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) seed = 0;
#else
  arc4random_buf(&seed, sizeof(seed));
#endif
  // Without a random source a clock still differs from start to start.
  return seed ^ static_cast<uint64_t>(MonotonicNs()) * 0x9e3779b97f4a7c15u;
}

}  // namespace catzilla

// Functions of glibc by their old versions, so that an addon built against a new glibc loads with
// an older one.
//
// glibc 2.33 and 2.34 gave new versions to functions they only moved, and a linker takes the newest
// it sees: a file built there would ask for GLIBC_2.34, when whoever runs Node has 2.28. Here each
// such function has a hidden definition of the same name, which the linker prefers, and which calls
// the old version; in glibc both are one address. Before 2.34 those of the mutexes lie in
// libpthread, though the file asks libc.so.6 for the version: ld.so compares versions by name and
// not by library (check_match in elf/dl-lookup.c), and every Node is linked with libpthread.
//
// Invariant: nothing here changes what a function does, and what is not called is not in the addon
// (--gc-sections). A new call that needs a line here is found by scripts/check-symbols.mjs; the
// lines themselves are tried by test/floor_test.cc. The engine's tests without Node do not link it.
#if defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC_PREREQ) && (defined(__x86_64__) || defined(__aarch64__))
#if __GLIBC_PREREQ(2, 33)
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#if defined(__x86_64__)
#define CATZ_BASE "GLIBC_2.2.5"
#define CATZ_ROBUST "GLIBC_2.12"
#define CATZ_STAT_VERSION 1
#else
#define CATZ_BASE "GLIBC_2.17"
#define CATZ_ROBUST "GLIBC_2.17"
#define CATZ_STAT_VERSION 0
#endif

// Declares floor_<name>, which is <name> as of that version of glibc.
#define CATZ_FLOOR(name, version, ...)               \
  extern "C" int floor_##name(__VA_ARGS__) noexcept; \
  __asm__(".symver floor_" #name "," #name "@" version)

#define CATZ_HIDDEN extern "C" __attribute__((visibility("hidden")))

#if __GLIBC_PREREQ(2, 34)
CATZ_FLOOR(pthread_mutex_trylock, CATZ_BASE, pthread_mutex_t*);
CATZ_FLOOR(pthread_mutex_timedlock, CATZ_BASE, pthread_mutex_t*, const timespec*);
CATZ_FLOOR(pthread_mutex_consistent, CATZ_ROBUST, pthread_mutex_t*);
CATZ_FLOOR(pthread_mutexattr_init, CATZ_BASE, pthread_mutexattr_t*);
CATZ_FLOOR(pthread_mutexattr_destroy, CATZ_BASE, pthread_mutexattr_t*);
CATZ_FLOOR(pthread_mutexattr_settype, CATZ_BASE, pthread_mutexattr_t*, int);
CATZ_FLOOR(pthread_mutexattr_setpshared, CATZ_BASE, pthread_mutexattr_t*, int);
CATZ_FLOOR(pthread_mutexattr_setrobust, CATZ_ROBUST, pthread_mutexattr_t*, int);

CATZ_HIDDEN int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return floor_pthread_mutex_trylock(mutex);
}
CATZ_HIDDEN int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  return floor_pthread_mutex_timedlock(mutex, until);
}
CATZ_HIDDEN int pthread_mutex_consistent(pthread_mutex_t* mutex) noexcept {
  return floor_pthread_mutex_consistent(mutex);
}
CATZ_HIDDEN int pthread_mutexattr_init(pthread_mutexattr_t* attributes) noexcept {
  return floor_pthread_mutexattr_init(attributes);
}
CATZ_HIDDEN int pthread_mutexattr_destroy(pthread_mutexattr_t* attributes) noexcept {
  return floor_pthread_mutexattr_destroy(attributes);
}
CATZ_HIDDEN int pthread_mutexattr_settype(pthread_mutexattr_t* attributes, int type) noexcept {
  return floor_pthread_mutexattr_settype(attributes, type);
}
CATZ_HIDDEN int pthread_mutexattr_setpshared(pthread_mutexattr_t* attributes, int shared) noexcept {
  return floor_pthread_mutexattr_setpshared(attributes, shared);
}
CATZ_HIDDEN int pthread_mutexattr_setrobust(pthread_mutexattr_t* attributes, int robust) noexcept {
  return floor_pthread_mutexattr_setrobust(attributes, robust);
}
#endif

// Until 2.32 these were inline calls of the three below. Node's headers build with 64-bit file
// offsets, so that fstat() in our sources is fstat64 to the linker.
extern "C" int __fxstat64(int version, int file, struct stat64* result) noexcept;
extern "C" int __xstat64(int version, const char* path, struct stat64* result) noexcept;
extern "C" int __lxstat64(int version, const char* path, struct stat64* result) noexcept;

CATZ_HIDDEN int fstat64(int file, struct stat64* result) noexcept {
  return __fxstat64(CATZ_STAT_VERSION, file, result);
}
CATZ_HIDDEN int stat64(const char* path, struct stat64* result) noexcept {
  return __xstat64(CATZ_STAT_VERSION, path, result);
}
CATZ_HIDDEN int lstat64(const char* path, struct stat64* result) noexcept {
  return __lxstat64(CATZ_STAT_VERSION, path, result);
}
#endif
#endif

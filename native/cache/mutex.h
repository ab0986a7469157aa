// Mutex: a lock of this process. ArenaMutex: one that lies in an arena, which other processes may
// share. Both with annotations that clang checks (-Wthread-safety).
//
// Invariant: initialised once by Init before its first use; never copied or moved.
// A shared ArenaMutex is robust: when its owner dies, the next one to lock it is told so and must
// bring what it guards into order (see locks.h, which everyone but the guards there goes through).
// Lock order, everywhere: registry, tag pass, runs, one shard, arena. Never two shards.
#ifndef CATZILLA_CACHE_MUTEX_H_
#define CATZILLA_CACHE_MUTEX_H_

#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#else
#include <errno.h>
#include <pthread.h>
#include <time.h>
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define CATZ_TSAN 1
#endif

#include <cstdint>

#if defined(__clang__)
#define CATZ_ANNOTATE(x) __attribute__((x))
#else
#define CATZ_ANNOTATE(x)
#endif
#define CATZ_CAPABILITY(x) CATZ_ANNOTATE(capability(x))
#define CATZ_SCOPED CATZ_ANNOTATE(scoped_lockable)
#define CATZ_GUARDED_BY(x) CATZ_ANNOTATE(guarded_by(x))
#define CATZ_REQUIRES(...) CATZ_ANNOTATE(requires_capability(__VA_ARGS__))
#define CATZ_EXCLUDES(...) CATZ_ANNOTATE(locks_excluded(__VA_ARGS__))
#define CATZ_ACQUIRE(...) CATZ_ANNOTATE(acquire_capability(__VA_ARGS__))
#define CATZ_RELEASE(...) CATZ_ANNOTATE(release_capability(__VA_ARGS__))
#define CATZ_TRY_ACQUIRE(...) CATZ_ANNOTATE(try_acquire_capability(__VA_ARGS__))
#define CATZ_NO_ANALYSIS CATZ_ANNOTATE(no_thread_safety_analysis)

namespace catzilla {

class CATZ_CAPABILITY("mutex") Mutex {
 public:
#if defined(_WIN32)
  void Init() { InitializeSRWLock(&lock_); }
  void Lock() CATZ_ACQUIRE() { AcquireSRWLockExclusive(&lock_); }
  bool TryLock() CATZ_TRY_ACQUIRE(true) { return TryAcquireSRWLockExclusive(&lock_) != 0; }
  void Unlock() CATZ_RELEASE() { ReleaseSRWLockExclusive(&lock_); }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
#else
  void Init() { pthread_mutex_init(&lock_, nullptr); }
  void Lock() CATZ_ACQUIRE() { pthread_mutex_lock(&lock_); }
  bool TryLock() CATZ_TRY_ACQUIRE(true) { return pthread_mutex_trylock(&lock_) == 0; }
  void Unlock() CATZ_RELEASE() { pthread_mutex_unlock(&lock_); }

 private:
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
#endif
};

enum class Locked { kYes, kOwnerDied, kTimedOut };

class CATZ_CAPABILITY("mutex") ArenaMutex {
 public:
#if defined(_WIN32)
  void Init(bool) { InitializeSRWLock(&lock_); }
  Locked Lock(int64_t) {
    AcquireSRWLockExclusive(&lock_);
    return Locked::kYes;
  }
  Locked TryLock() {
    return TryAcquireSRWLockExclusive(&lock_) != 0 ? Locked::kYes : Locked::kTimedOut;
  }
  void Unlock() { ReleaseSRWLockExclusive(&lock_); }

 private:
  SRWLOCK lock_;
#else
  void Init(bool shared) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
#if defined(__linux__)
    if (shared) {
      pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
      pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    }
#else
    (void)shared;
#endif
    pthread_mutex_init(&lock_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  // kOwnerDied: locked, and consistent again as far as the mutex goes. timeout_ms 0: no limit.
  Locked Lock(int64_t timeout_ms) {
#if defined(__linux__)
    if (timeout_ms != 0) {
      // The only clock that every libc takes here. A step of it makes one wait long or short.
      timespec until;
      clock_gettime(CLOCK_REALTIME, &until);
      const int64_t ns = until.tv_nsec + (timeout_ms % 1000) * 1000000;
      until.tv_sec += static_cast<time_t>(timeout_ms / 1000 + ns / 1000000000);
      until.tv_nsec = static_cast<long>(ns % 1000000000);
      const int result = pthread_mutex_timedlock(&lock_, &until);
#if defined(CATZ_TSAN)
      // TSan sees every lock of a dead owner's mutex but this one, and would then miss the unlock's
      // partner.
      if (result == EOWNERDEAD) {
        __tsan_mutex_pre_lock(&lock_, __tsan_mutex_try_lock);
        __tsan_mutex_post_lock(&lock_, __tsan_mutex_try_lock, 0);
      }
#endif
      return Result(result);
    }
#endif
    (void)timeout_ms;
    return Result(pthread_mutex_lock(&lock_));
  }
  Locked TryLock() { return Result(pthread_mutex_trylock(&lock_)); }
  void Unlock() { pthread_mutex_unlock(&lock_); }

 private:
  Locked Result(int result) {
    if (result == 0) return Locked::kYes;
#if defined(__linux__)
    if (result == EOWNERDEAD) {
      pthread_mutex_consistent(&lock_);
      return Locked::kOwnerDied;
    }
#endif
    return Locked::kTimedOut;
  }
  pthread_mutex_t lock_;
#endif
};

class CATZ_SCOPED MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) CATZ_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() CATZ_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_MUTEX_H_

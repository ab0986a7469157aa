// Mutex: a lock that may lie in the arena, with annotations that clang checks (-Wthread-safety).
//
// Invariant: initialised once by Init before its first use; never copied or moved.
// Lock order, everywhere: registry, runs, one shard, arena. Never two shards.
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
#include <pthread.h>
#endif

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

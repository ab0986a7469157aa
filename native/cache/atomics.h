// Atomic access to plain words of the arena, each spelled with its memory order, and copies of
// bytes that another thread may be rewriting.
//
// Invariant: every word of the arena that a reader without a lock may see is accessed through here.
// Why no std::atomic_ref: libc++ before 19 lacks it (llvm/llvm-project#82369); MSVC has it.
// Racy copies follow the seqlock scheme of Boehm, "Can seqlocks get along with programming language
// memory models?" (MSPC 2012): the reader copies, fences, and discards the copy when a version word
// moved. ThreadSanitizer builds copy by relaxed atomic words, so the tool sees no race and needs no
// suppression; other builds use memcpy, whose torn result is always discarded.
#ifndef CATZILLA_CACHE_ATOMICS_H_
#define CATZILLA_CACHE_ATOMICS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(_MSC_VER) && !defined(__clang__)
#include <atomic>
#endif

#if defined(__SANITIZE_THREAD__)
#define CATZ_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CATZ_TSAN 1
#endif
#endif

namespace catzilla {

#if defined(_MSC_VER) && !defined(__clang__)
template <class T>
std::atomic_ref<T> Ref(const T* word) {
  return std::atomic_ref<T>(*const_cast<T*>(word));
}
template <class T>
T LoadRelaxed(const T* word) {
  return Ref(word).load(std::memory_order_relaxed);
}
template <class T>
T LoadAcquire(const T* word) {
  return Ref(word).load(std::memory_order_acquire);
}
template <class T>
void StoreRelaxed(T* word, T value) {
  Ref(word).store(value, std::memory_order_relaxed);
}
template <class T>
void StoreRelease(T* word, T value) {
  Ref(word).store(value, std::memory_order_release);
}
template <class T>
T AddRelaxed(T* word, T value) {
  return Ref(word).fetch_add(value, std::memory_order_relaxed);
}
template <class T>
T AddAcqRel(T* word, T value) {
  return Ref(word).fetch_add(value, std::memory_order_acq_rel);
}
template <class T>
bool CompareExchangeRelaxed(T* word, T expected, T desired) {
  return Ref(word).compare_exchange_strong(expected, desired, std::memory_order_relaxed);
}
template <class T>
T LoadSeqCst(const T* word) {
  return Ref(word).load(std::memory_order_seq_cst);
}
template <class T>
void StoreSeqCst(T* word, T value) {
  Ref(word).store(value, std::memory_order_seq_cst);
}
template <class T>
T AddSeqCst(T* word, T value) {
  return Ref(word).fetch_add(value, std::memory_order_seq_cst);
}
template <class T>
T OrSeqCst(T* word, T value) {
  return Ref(word).fetch_or(value, std::memory_order_seq_cst);
}
template <class T>
T AndSeqCst(T* word, T value) {
  return Ref(word).fetch_and(value, std::memory_order_seq_cst);
}
template <class T>
bool CompareExchangeSeqCst(T* word, T expected, T desired) {
  return Ref(word).compare_exchange_strong(expected, desired, std::memory_order_seq_cst);
}
inline void FenceAcquire() { std::atomic_thread_fence(std::memory_order_acquire); }
inline void FenceRelease() { std::atomic_thread_fence(std::memory_order_release); }
inline void FenceSeqCst() { std::atomic_thread_fence(std::memory_order_seq_cst); }
inline void KeepProgramOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }
#else
template <class T>
T LoadRelaxed(const T* word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
template <class T>
T LoadAcquire(const T* word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
template <class T>
void StoreRelaxed(T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
template <class T>
void StoreRelease(T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
template <class T>
T AddRelaxed(T* word, T value) {
  return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
template <class T>
T AddAcqRel(T* word, T value) {
  return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);
}
template <class T>
bool CompareExchangeRelaxed(T* word, T expected, T desired) {
  return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED);
}
template <class T>
T LoadSeqCst(const T* word) {
  return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}
template <class T>
void StoreSeqCst(T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}
template <class T>
T AddSeqCst(T* word, T value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}
template <class T>
T OrSeqCst(T* word, T value) {
  return __atomic_fetch_or(word, value, __ATOMIC_SEQ_CST);
}
template <class T>
T AndSeqCst(T* word, T value) {
  return __atomic_fetch_and(word, value, __ATOMIC_SEQ_CST);
}
template <class T>
bool CompareExchangeSeqCst(T* word, T expected, T desired) {
  return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}
inline void FenceAcquire() { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
inline void FenceRelease() { __atomic_thread_fence(__ATOMIC_RELEASE); }
inline void FenceSeqCst() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
// For the compiler alone: a process that is killed has done a prefix of its program, and all stores
// it has executed are visible, whatever order the processor used.
inline void KeepProgramOrder() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
#endif

// `shared` points to 8-aligned arena bytes; its allocation is a multiple of 8, so whole words may
// be touched. `size` may be anything.
#ifdef CATZ_TSAN
inline void RacyWrite(uint8_t* shared, const uint8_t* bytes, size_t size) {
  for (size_t at = 0; at < size; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + at, size - at < 8 ? size - at : 8);
    StoreRelaxed(reinterpret_cast<uint64_t*>(shared + at), word);
  }
}
inline void RacyRead(uint8_t* bytes, const uint8_t* shared, size_t size) {
  for (size_t at = 0; at < size; at += 8) {
    const uint64_t word = LoadRelaxed(reinterpret_cast<const uint64_t*>(shared + at));
    std::memcpy(bytes + at, &word, size - at < 8 ? size - at : 8);
  }
}
inline bool RacyEqual(const uint8_t* shared, const uint8_t* bytes, size_t size) {
  for (size_t at = 0; at < size; at += 8) {
    const uint64_t word = LoadRelaxed(reinterpret_cast<const uint64_t*>(shared + at));
    if (std::memcmp(&word, bytes + at, size - at < 8 ? size - at : 8) != 0) return false;
  }
  return true;
}
#else
inline void RacyWrite(uint8_t* shared, const uint8_t* bytes, size_t size) {
  if (size != 0) std::memcpy(shared, bytes, size);
}
inline void RacyRead(uint8_t* bytes, const uint8_t* shared, size_t size) {
  if (size != 0) std::memcpy(bytes, shared, size);
}
inline bool RacyEqual(const uint8_t* shared, const uint8_t* bytes, size_t size) {
  return size == 0 || std::memcmp(shared, bytes, size) == 0;
}
#endif

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ATOMICS_H_

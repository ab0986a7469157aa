// Writer: a child that writes without end and keeps account of it in memory that outlives it, so
// that whoever kills it knows what must be in the cache: what was finished, and the one thing that
// was under way. Linux only.
#ifndef CATZILLA_CACHE_TEST_WRITER_H_
#define CATZILLA_CACHE_TEST_WRITER_H_

#include <sys/mman.h>

#include "child.h"
#include "files.h"
#include "values.h"

namespace catzilla_test {

inline constexpr uint64_t kWriterKeys = 400;
inline constexpr uint64_t kWriterTags = 4;

// Of a key: version * 2, or + 1 when it was removed. What is begun but not finished is under way.
struct Account {
  uint64_t begun[kWriterKeys];
  uint64_t finished[kWriterKeys];
  uint64_t clearing;      // 1 while all is being cleared
  uint64_t invalidating;  // 1 + the tag
  uint64_t version;       // the last one given out
  uint64_t operations;
};

// The account in a file, mapped; nullptr when it cannot be had.
inline Account* MapAccount(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(Account)) != 0) return nullptr;
  void* const bytes = mmap(nullptr, sizeof(Account), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return bytes == MAP_FAILED ? nullptr : static_cast<Account*>(bytes);
}

inline std::string WriterKey(uint64_t key) { return "writer" + std::to_string(key); }

// Whether the cache holds what the account says it must; `strict`: and all of it. Prints what is
// wrong. What was under way is settled by removing it.
bool Settle(Cache& cache, Account* account, bool strict);

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_WRITER_H_

// Match: what one lookup of the trie costs where nothing is crossed: the caller is C++, as another
// addon would be. One JSON line on standard output; exit code 1 when a match is wrong.
//
//   bench IMAGE URLS ENDS ROUTES SUM WARM WINDOW
//
// URLS: request targets one behind the other; ENDS: uint32, where each ends; ROUTES: uint32, the
// route that each must hit; SUM: what one round over them adds to the checksum: the route, and the
// length of parameter n times n + 2. WARM, WINDOW: ms. CPU time is that of the thread, in blocks of
// some milliseconds; the figure is their median.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../trie.h"

namespace catz::router {
namespace {

constexpr int64_t kBlock = 5'000'000;  // ns

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

std::vector<uint8_t> ReadFile(const char* name) {
  std::FILE* const file = std::fopen(name, "rb");
  if (file == nullptr) Fail("a file cannot be opened");
  std::fseek(file, 0, SEEK_END);
  std::vector<uint8_t> bytes(static_cast<size_t>(std::ftell(file)));
  std::rewind(file);
  if (std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) Fail("a file is cut off");
  std::fclose(file);
  return bytes;
}

std::vector<uint32_t> ReadWords(const char* name) {
  const std::vector<uint8_t> bytes = ReadFile(name);
  std::vector<uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), words.size() * 4);
  return words;
}

int64_t Now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

uint64_t SumOf(const Match& match) {
  uint64_t sum = match.route;
  for (uint32_t n = 0; n < match.param_count; n++) {
    sum += (n + 2) * (match.params[n].end - match.params[n].begin);
  }
  return sum;
}

// The URLs of a table, asked for in their order, round after round.
class Urls {
 public:
  Urls(const char* urls, const char* ends, const char* routes)
      : bytes_(ReadFile(urls)), ends_(ReadWords(ends)), routes_(ReadWords(routes)) {
    if (ends_.empty() || ends_.size() != routes_.size() || ends_.back() != bytes_.size()) {
      Fail("the files do not fit each other");
    }
  }
  size_t count() const { return ends_.size(); }

  void Verify(const Trie& trie, uint64_t expected) {
    uint64_t sum = 0;
    Match match;
    for (const uint32_t route : routes_) {
      trie.Find(Next(), &match);
      if (match.verdict != Verdict::kHit || match.route != route) Fail("another route was hit");
      sum += SumOf(match);
    }
    if (sum != expected) Fail("wrong parameters");
  }

  uint64_t Find(const Trie& trie, size_t count) {
    uint64_t sum = 0;
    Match match;
    for (size_t i = 0; i < count; i++) {
      trie.Find(Next(), &match);
      sum += SumOf(match);
    }
    return sum;
  }

 private:
  std::string_view Next() {
    const uint32_t begin = begin_;
    const uint32_t end = ends_[at_];
    begin_ = end;
    if (++at_ == ends_.size()) at_ = begin_ = 0;
    return {reinterpret_cast<const char*>(bytes_.data()) + begin, end - begin};
  }

  const std::vector<uint8_t> bytes_;
  const std::vector<uint32_t> ends_;
  const std::vector<uint32_t> routes_;
  size_t at_ = 0;
  uint32_t begin_ = 0;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Main(char** args) {
  const std::optional<Trie> trie = Trie::Load(ReadFile(args[1]));
  if (!trie) Fail("the image was refused");
  Urls urls(args[2], args[3], args[4]);
  const uint64_t expected = std::strtoull(args[5], nullptr, 10);
  urls.Verify(*trie, expected);

  const int64_t warm = std::atoll(args[6]) * 1'000'000;
  const int64_t window = std::atoll(args[7]) * 1'000'000;
  uint64_t found = 0;
  uint64_t sum = 0;
  int64_t start = Now(CLOCK_THREAD_CPUTIME_ID);
  int64_t spent = 0;
  while (spent < warm) {
    sum += urls.Find(*trie, urls.count());
    found += urls.count();
    spent = Now(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  const size_t count = static_cast<size_t>(std::max<int64_t>(1, int64_t(found) * kBlock / spent));
  std::vector<double> threads;
  std::vector<double> walls;
  for (int64_t measured = 0; measured < window;) {
    const int64_t wall = Now(CLOCK_MONOTONIC);
    start = Now(CLOCK_THREAD_CPUTIME_ID);
    sum += urls.Find(*trie, count);
    found += count;
    const int64_t block = Now(CLOCK_THREAD_CPUTIME_ID) - start;
    measured += block;
    threads.push_back(double(block) / double(count));
    walls.push_back(double(Now(CLOCK_MONOTONIC) - wall) / double(count));
  }
  // Up to the end of the round that is under way, so that whole rounds can be checked.
  const size_t rest = (urls.count() - found % urls.count()) % urls.count();
  sum += urls.Find(*trie, rest);
  if (sum != (found + rest) / urls.count() * expected) Fail("wrong checksum");
  std::printf("{\"threadNs\":%.3f,\"wallNs\":%.3f,\"ops\":%llu,\"imageBytes\":%u,\"nodes\":%u}\n",
              Median(threads), Median(walls), static_cast<unsigned long long>(found), trie->bytes(),
              trie->nodes());
  return 0;
}

}  // namespace
}  // namespace catz::router

int main(int count, char** args) {
  if (count != 8) {
    std::fprintf(stderr, "usage: bench IMAGE URLS ENDS ROUTES SUM WARM WINDOW\n");
    return 2;
  }
  return catz::router::Main(args);
}

// A test harness of one header: TEST(Title) { CHECK(...); } and a main that runs all or some.
//
// A failed CHECK prints its place and values, marks the test failed and goes on. A test that cannot
// run here says SKIP("why") and counts as neither. The last line is "native: N passed, M failed",
// after "native: S skipped" if any was; the exit code is 1 when a test failed or none ran.
// Usage: unit [part of a title]
#ifndef CATZILLA_TEST_TEST_H_
#define CATZILLA_TEST_TEST_H_

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace catzilla_test {

struct Test {
  const char* title;
  void (*run)();
  Test* next;
};

inline Test*& First() {
  static Test* first = nullptr;
  return first;
}
inline int& Failures() {
  static int failures = 0;
  return failures;
}

// Why the running test was skipped, or nullptr.
inline const char*& Skipped() {
  static const char* reason = nullptr;
  return reason;
}

struct Registrar {
  explicit Registrar(Test* test) {
    test->next = First();
    First() = test;
  }
};

inline void Fail(const char* file, int line, const char* what) {
  std::printf("  %s:%d: %s\n", file, line, what);
  Failures()++;
}

template <class A, class B>
void CheckEqual(const char* file, int line, const char* what, const A& a, const B& b) {
  if (a == b) return;
  std::printf("  %s:%d: %s (%lld against %lld)\n", file, line, what, static_cast<long long>(a),
              static_cast<long long>(b));
  Failures()++;
}

inline Test* Reverse(Test* test) {
  Test* reversed = nullptr;
  while (test != nullptr) {
    Test* const next = test->next;
    test->next = reversed;
    reversed = test;
    test = next;
  }
  return reversed;
}

inline int RunAll(int argc, char** argv) {
  int passed = 0, failed = 0, skipped = 0;
  for (Test* test = Reverse(First()); test != nullptr; test = test->next) {
    if (argc > 1 && std::strstr(test->title, argv[1]) == nullptr) continue;
    Failures() = 0;
    Skipped() = nullptr;
    test->run();
    if (Skipped() != nullptr && Failures() == 0) {
      std::printf("skip %s: %s\n", test->title, Skipped());
      skipped++;
      continue;
    }
    std::printf("%s %s\n", Failures() == 0 ? "ok  " : "FAIL", test->title);
    std::fflush(stdout);
    (Failures() == 0 ? passed : failed)++;
  }
  if (skipped != 0) std::printf("native: %d skipped\n", skipped);
  std::printf("native: %d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

// xorshift64*: small, seeded, the same everywhere (Vigna, "An experimental exploration of
// Marsaglia's xorshift generators, scrambled", 2016).
struct Random {
  uint64_t state;
  explicit Random(uint64_t seed) : state(seed | 1) {}
  uint64_t Next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
  }
  uint64_t Below(uint64_t limit) { return (Next() >> 11) % limit; }
};

}  // namespace catzilla_test

#define CATZ_JOIN2(a, b) a##b
#define CATZ_JOIN(a, b) CATZ_JOIN2(a, b)
#define TEST(title)                                                                             \
  static void CATZ_JOIN(TestBody, __LINE__)();                                                  \
  static catzilla_test::Test CATZ_JOIN(test_, __LINE__){title, CATZ_JOIN(TestBody, __LINE__),   \
                                                        nullptr};                               \
  static catzilla_test::Registrar CATZ_JOIN(registrar_, __LINE__)(&CATZ_JOIN(test_, __LINE__)); \
  static void CATZ_JOIN(TestBody, __LINE__)()

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) catzilla_test::Fail(__FILE__, __LINE__, #condition); \
  } while (0)
// Ends the test.
#define SKIP(reason)                   \
  do {                                 \
    catzilla_test::Skipped() = reason; \
    return;                            \
  } while (0)
#define CHECK_EQ(a, b) catzilla_test::CheckEqual(__FILE__, __LINE__, #a " == " #b, a, b)

#endif  // CATZILLA_TEST_TEST_H_

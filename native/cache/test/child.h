// Child: another process of the same test binary, started anew (`run child NAME ARGUMENTS`), so
// that it shares nothing with its parent but files. Linux only.
//
// CHILD("name") { ... } is its body, with the arguments as strings. Parent and child talk in lines
// over a pipe each way. Invariant: a child never outlives its Child, nor the test program.
#ifndef CATZILLA_CACHE_TEST_CHILD_H_
#define CATZILLA_CACHE_TEST_CHILD_H_

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../../test/test.h"

namespace catzilla_test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kIsTsan = true;
#else
inline constexpr bool kIsTsan = false;
#endif

using Arguments = std::vector<std::string>;

struct ChildBody {
  const char* name;
  int (*run)(const Arguments& arguments);
  ChildBody* next;
};

inline ChildBody*& FirstBody() {
  static ChildBody* first = nullptr;
  return first;
}
struct BodyRegistrar {
  explicit BodyRegistrar(ChildBody* body) {
    body->next = FirstBody();
    FirstBody() = body;
  }
};

// A line from the pipe; empty at its end, or after the timeout.
inline std::string ReadLine(int pipe, int timeout_ms) {
  std::string line;
  char byte;
  pollfd ready{pipe, POLLIN, 0};
  while (poll(&ready, 1, timeout_ms) == 1 && read(pipe, &byte, 1) == 1) {
    if (byte == '\n') return line;
    line += byte;
  }
  return std::string();
}
inline void WriteLine(int pipe, const std::string& line) {
  const std::string text = line + "\n";
  if (write(pipe, text.data(), text.size()) < 0) return;  // the other end has died
}

// In a child: a line to the parent, and a wait for one of its.
inline void Say(const std::string& line) { WriteLine(STDOUT_FILENO, line); }
inline std::string Listen() { return ReadLine(STDIN_FILENO, -1); }
inline void PauseForever() {
  for (;;) pause();
}

class Child {
 public:
  Child(const std::string& name, const Arguments& arguments) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) return;
    std::vector<std::string> words{"run", "child", name};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(&word[0]);
    argv.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(3);
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      execv("/proc/self/exe", argv.data());
      _exit(3);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }
  ~Child() {
    Kill();
    if (to_ >= 0) close(to_);
    if (from_ >= 0) close(from_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t id() const { return pid_; }
  // Its next line; empty when it ended or said nothing for 20 s.
  std::string Hear() { return ReadLine(from_, 20000); }
  void Tell(const std::string& line) { WriteLine(to_, line); }
  void Signal(int number) {
    if (pid_ > 0) kill(pid_, number);
  }
  // Stops it, and returns when it stands still.
  void Stop() {
    Signal(SIGSTOP);
    int status;
    while (pid_ > 0 && waitpid(pid_, &status, WUNTRACED) == pid_ && !WIFSTOPPED(status)) {
    }
  }
  void Continue() { Signal(SIGCONT); }
  void Kill() {
    Signal(SIGKILL);
    Wait();
  }
  // Its exit code; minus the signal that ended it.
  int Wait() {
    if (pid_ <= 0) return code_;
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    pid_ = -1;
    return code_;
  }
  bool HasEnded() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      pid_ = -1;
    }
    return pid_ <= 0;
  }

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  int code_ = 0;
};

inline void SleepUs(uint64_t us) {
  const timespec pause{static_cast<time_t>(us / 1000000), static_cast<long>(us % 1000000 * 1000)};
  nanosleep(&pause, nullptr);
}

inline int RunChild(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  for (const ChildBody* body = FirstBody(); body != nullptr; body = body->next) {
    if (argc > 2 && std::strcmp(body->name, argv[2]) == 0) {
      return body->run(Arguments(argv + 3, argv + argc));
    }
  }
  return 3;
}

}  // namespace catzilla_test

#define CHILD(name)                                                                               \
  static int CATZ_JOIN(ChildRun, __LINE__)(const catzilla_test::Arguments& arguments);            \
  static catzilla_test::ChildBody CATZ_JOIN(body_, __LINE__){name, CATZ_JOIN(ChildRun, __LINE__), \
                                                             nullptr};                            \
  static catzilla_test::BodyRegistrar CATZ_JOIN(bodies_, __LINE__)(&CATZ_JOIN(body_, __LINE__));  \
  static int CATZ_JOIN(ChildRun,                                                                  \
                       __LINE__)([[maybe_unused]] const catzilla_test::Arguments& arguments)

#endif  // CATZILLA_CACHE_TEST_CHILD_H_

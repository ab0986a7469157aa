// Calls every function of glibc_floor.cc and looks at what it did, as one process and, for the
// robust mutex, two. Built and run by scripts/check-floor.mjs, which then reads what the program
// asks of glibc. Prints nothing but a failure.
//   floor_test <file to make> [without-owner-death]     qemu 7.2 has no robust futexes: a dead
//   owner is not reported
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(claim)                                 \
  do {                                               \
    if (!(claim)) {                                  \
      fprintf(stderr, "%d: %s\n", __LINE__, #claim); \
      return 1;                                      \
    }                                                \
  } while (false)

static int Mutexes(bool with_owner_death) {
  void* shared = mmap(nullptr, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  pthread_mutex_t* mutex = static_cast<pthread_mutex_t*>(shared);
  pthread_mutexattr_t attributes;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  CHECK(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK) == 0);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
  CHECK(pthread_mutexattr_destroy(&attributes) == 0);

  timespec past{};  // a time that is over: no waiting
  CHECK(pthread_mutex_trylock(mutex) == 0);
  CHECK(pthread_mutex_timedlock(mutex, &past) == EDEADLK);  // it is of type errorcheck
  CHECK(pthread_mutex_consistent(mutex) == EINVAL);         // no owner died
  const pid_t waiter = fork();
  if (waiter == 0) {
    const bool is_busy = pthread_mutex_trylock(mutex) == EBUSY;
    _exit(is_busy && pthread_mutex_timedlock(mutex, &past) == ETIMEDOUT ? 0 : 1);
  }
  int status = 1;
  CHECK(waitpid(waiter, &status, 0) == waiter && status == 0);  // it is shared by processes
  CHECK(pthread_mutex_unlock(mutex) == 0);

  if (with_owner_death) {
    const pid_t owner = fork();
    if (owner == 0) _exit(pthread_mutex_lock(mutex));
    CHECK(waitpid(owner, &status, 0) == owner && status == 0);
    CHECK(pthread_mutex_trylock(mutex) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(mutex) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0);
    CHECK(pthread_mutex_timedlock(mutex, &past) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0);
  }
  return 0;
}

static int Files(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0640);
  CHECK(file >= 0 && ftruncate(file, 12345) == 0);
  struct stat by_file {
  }, by_path{}, of_link{};
  CHECK(fstat(file, &by_file) == 0 && by_file.st_size == 12345);
  CHECK((by_file.st_mode & 07777) == 0640 && S_ISREG(by_file.st_mode));
  CHECK(stat(path, &by_path) == 0 && lstat(path, &of_link) == 0);
  CHECK(by_path.st_ino == by_file.st_ino && of_link.st_ino == by_file.st_ino);
  CHECK(by_path.st_dev == by_file.st_dev && by_path.st_mtim.tv_sec == by_file.st_mtim.tv_sec);
  CHECK(close(file) == 0 && unlink(path) == 0);
  CHECK(symlink("nowhere", path) == 0 && lstat(path, &of_link) == 0 && S_ISLNK(of_link.st_mode));
  CHECK(stat(path, &by_path) == -1 && errno == ENOENT && unlink(path) == 0);
  CHECK(fstat(-1, &by_file) == -1 && errno == EBADF);
  return 0;
}

int main(int count, char** arguments) {
  if (count < 2) return 2;
  return Mutexes(count == 2) + Files(arguments[1]);
}

#include "arena_file.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#include "clock.h"

namespace catzilla {

namespace {

constexpr int64_t kOpeningByte = int64_t{1} << 62;
constexpr int64_t kFirstRow = kOpeningByte + 1;
constexpr int64_t kPollNs = 1000000;

struct flock ByteLock(short type, int64_t at) {
  struct flock lock;
  std::memset(&lock, 0, sizeof(lock));
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  return lock;
}

bool SetByte(int file, short type, int64_t at) {
  struct flock lock = ByteLock(type, at);
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

bool IsOurs(const struct stat& facts) {
  return S_ISREG(facts.st_mode) && facts.st_uid == geteuid() && (facts.st_mode & 077) == 0;
}

// Whether the path still names the file that is open.
bool IsNamed(int file, const char* path) {
  struct stat open_facts, named;
  return fstat(file, &open_facts) == 0 && lstat(path, &named) == 0 &&
         open_facts.st_dev == named.st_dev && open_facts.st_ino == named.st_ino;
}

int OpenOnce(const char* path, OpenReport* report) {
  // O_NONBLOCK: a pipe of that name must not keep us waiting for its other end.
  const int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  report->error = errno;
  if (file < 0) {
    const bool is_other =
        errno == ELOOP || errno == EACCES || errno == EPERM || errno == EISDIR || errno == ENXIO;
    report->status = is_other ? OpenStatus::kNotOurs : OpenStatus::kSystem;
    return kNoFile;
  }
  struct stat facts;
  if (fstat(file, &facts) == 0 && IsOurs(facts)) return file;
  report->status = OpenStatus::kNotOurs;
  report->error = 0;
  close(file);
  return kNoFile;
}

}  // namespace

int OpenArenaFile(const char* path, int64_t timeout_ms, OpenReport* report) {
  // Who unlinks the file while we wait for it leaves us with one that nobody else will open.
  for (;;) {
    const int file = OpenOnce(path, report);
    if (file == kNoFile) return kNoFile;
    if (!LockOpening(file, timeout_ms)) {
      report->status = OpenStatus::kBusy;
      report->wanted = static_cast<uint64_t>(timeout_ms);
      close(file);
      return kNoFile;
    }
    if (IsNamed(file, path)) return file;
    close(file);
  }
}

void CloseArenaFile(int file) { close(file); }

bool LockOpening(int file, int64_t timeout_ms) {
  const int64_t until = MonotonicNs() + timeout_ms * 1000000;
  while (!SetByte(file, F_WRLCK, kOpeningByte)) {
    if (MonotonicNs() >= until) return false;
    const timespec pause{0, kPollNs};
    nanosleep(&pause, nullptr);
  }
  return true;
}

void UnlockOpening(int file) { SetByte(file, F_UNLCK, kOpeningByte); }
bool LockRow(int file, uint32_t row) { return SetByte(file, F_WRLCK, kFirstRow + row); }
void UnlockRow(int file, uint32_t row) { SetByte(file, F_UNLCK, kFirstRow + row); }

bool IsRowLocked(int file, uint32_t row) {
  struct flock lock = ByteLock(F_WRLCK, kFirstRow + row);
  // What cannot be asked is taken for alive: nothing of a living process may be reaped.
  return fcntl(file, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

uint64_t FileBytes(int file) {
  struct stat facts;
  return fstat(file, &facts) == 0 ? static_cast<uint64_t>(facts.st_size) : 0;
}

bool ReadFileStart(int file, void* target, uint64_t bytes) {
  return pread(file, target, bytes, 0) == static_cast<ssize_t>(bytes);
}

bool SetFileBytes(int file, uint64_t bytes) {
  return ftruncate(file, static_cast<off_t>(bytes)) == 0;
}

bool BackRange(int file, uint64_t offset, uint64_t bytes) {
  const int result = posix_fallocate(file, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  errno = result;
  return result == 0;
}

// Where holes cannot be punched the memory stays taken; what the engine may use is bounded all the
// same.
void UnbackRange(int file, uint64_t offset, uint64_t bytes) {
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  (void)fallocate(file, mode, static_cast<off_t>(offset), static_cast<off_t>(bytes));
}

uint64_t FreeFileSystemBytes(int file) {
  struct statvfs facts;
  if (fstatvfs(file, &facts) != 0) return 0;
  return static_cast<uint64_t>(facts.f_bavail) * facts.f_frsize;
}

uint8_t* MapFile(int file, uint64_t bytes) {
  void* const base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return base == MAP_FAILED ? nullptr : static_cast<uint8_t*>(base);
}

void UnmapFile(uint8_t* base, uint64_t bytes) { munmap(base, bytes); }

void UnlinkFile(int file, const char* path) {
  if (IsNamed(file, path)) unlink(path);
}

void ReadBootId(uint8_t* id) {
  std::memset(id, 0, 16);
  const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[36];
  const bool whole = read(file, text, sizeof(text)) == static_cast<ssize_t>(sizeof(text));
  close(file);
  // Hexadecimal digits and dashes; which nibble goes where does not matter.
  for (size_t i = 0; whole && i < sizeof(text); i++) {
    id[i / 3 % 16] = static_cast<uint8_t>(id[i / 3 % 16] * 31 + text[i]);
  }
}

uint64_t PidNamespace() {
  struct stat facts;
  return stat("/proc/self/ns/pid", &facts) == 0 ? static_cast<uint64_t>(facts.st_ino) : 0;
}

}  // namespace catzilla

#endif  // defined(__linux__)

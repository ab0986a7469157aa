// Arena files for tests: a folder that goes with its scope, whole files as strings, and machine
// engines opened in them. Linux only.
#ifndef CATZILLA_CACHE_TEST_FILES_H_
#define CATZILLA_CACHE_TEST_FILES_H_

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "fixture.h"
#include "inside.h"

namespace catzilla_test {

using catzilla::Opened;
using catzilla::Scope;

// Memory if there is a file system in it: these files are what a machine engine is made for.
class Folder {
 public:
  Folder() {
    char name[] = "/dev/shm/catzilla-test-XXXXXX";
    char other[] = "/tmp/catzilla-test-XXXXXX";
    path_ = mkdtemp(name) != nullptr ? name : mkdtemp(other) != nullptr ? other : "";
  }
  ~Folder() {
    DIR* const folder = opendir(path_.c_str());
    if (folder == nullptr) return;
    while (const dirent* const entry = readdir(folder)) {
      unlinkat(dirfd(folder), entry->d_name, 0);
      if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string File(const std::string& name = "arena") const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string ReadFile(const std::string& path) {
  std::string bytes;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts;
  if (file >= 0 && fstat(file, &facts) == 0) {
    bytes.resize(static_cast<size_t>(facts.st_size));
    size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t count = read(file, &bytes[at], bytes.size() - at);
      if (count <= 0) break;
      at += static_cast<size_t>(count);
    }
  }
  if (file >= 0) close(file);
  return bytes;
}

inline bool WriteFile(const std::string& path, const std::string& bytes, mode_t mode = 0600) {
  unlink(path.c_str());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return false;
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t count = write(file, &bytes[at], bytes.size() - at);
    if (count <= 0) break;
    at += static_cast<size_t>(count);
  }
  fchmod(file, mode);
  close(file);
  return at == bytes.size();
}

// The parts of an arena's file, by the header's own account of them.
inline catzilla::Header& HeaderOf(std::string& file) {
  return *reinterpret_cast<catzilla::Header*>(&file[0]);
}

inline Options MachineOptions(uint64_t max_bytes = 1u << 20) {
  Options options = SmallOptions(max_bytes);
  options.scope = Scope::kMachine;
  return options;
}

inline Engine* OpenArena(const std::string& path, OpenReport* report,
                         const Options& options = MachineOptions(), uint32_t given = 0) {
  Place place{path.data(), path.size()};
  place.given = given;
  return Engine::Open(place, options, report);
}

inline OpenStatus StatusOf(const std::string& path) {
  OpenReport report;
  Engine* const engine = OpenArena(path, &report);
  if (engine != nullptr) engine->Release();
  return report.status;
}

struct Reported {
  OpenReport report;
};
// A machine engine of this process; IsOpen says whether there is one.
class Machine : public Reported, public Cache {  // in this order: opening writes the report
 public:
  explicit Machine(const std::string& path, const Options& options = MachineOptions(),
                   uint32_t given = 0)
      : Cache(OpenArena(path, &report, options, given)) {}
  bool IsOpen() const { return report.status == OpenStatus::kOk; }
};

}  // namespace catzilla_test

#endif  // CATZILLA_CACHE_TEST_FILES_H_

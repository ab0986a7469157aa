// ArenaFile: the file of a machine engine and the byte locks in it, as system calls. Linux only.
//
// Locks are open-file-description locks (fcntl F_OFD_SETLK): they belong to the descriptor, not to
// the process, so two copies of this library in one process do not share them, and the system drops
// them when the last descriptor is gone, however the process ended. The bytes lie far beyond the
// end of the file, at places that no layout changes.
// Invariant: a descriptor handed out is of a plain file that only its owner, our user, may open.
#ifndef CATZILLA_CACHE_ARENA_FILE_H_
#define CATZILLA_CACHE_ARENA_FILE_H_

#include <cstdint>

#include "engine.h"

namespace catzilla {

inline constexpr int kNoFile = -1;

// Opens or creates the file and holds its opening lock, waiting for others up to timeout_ms;
// kNoFile with the reason in *report.
int OpenArenaFile(const char* path, int64_t timeout_ms, OpenReport* report);
void CloseArenaFile(int file);
// Waits for the opening lock; false after timeout_ms.
bool LockOpening(int file, int64_t timeout_ms);
void UnlockOpening(int file);
// Takes the lock of a process row; false when another holds it.
bool LockRow(int file, uint32_t row);
void UnlockRow(int file, uint32_t row);
// Whether somebody else holds it.
bool IsRowLocked(int file, uint32_t row);

uint64_t FileBytes(int file);
bool ReadFileStart(int file, void* target, uint64_t bytes);
// Empties the file, or gives it that many bytes, none of which takes memory yet.
bool SetFileBytes(int file, uint64_t bytes);
// Memory for a range: false, with errno, when the file system has none. Whoever touches a range
// without it may be killed by SIGBUS.
bool BackRange(int file, uint64_t offset, uint64_t bytes);
void UnbackRange(int file, uint64_t offset, uint64_t bytes);
uint64_t FreeFileSystemBytes(int file);
uint8_t* MapFile(int file, uint64_t bytes);
void UnmapFile(uint8_t* base, uint64_t bytes);
// Removes the name if it is still this file's.
void UnlinkFile(int file, const char* path);

// 16 bytes that differ from boot to boot.
void ReadBootId(uint8_t* id);
// The identity of our pid namespace: mutex owners are thread ids, which mean nothing in another.
uint64_t PidNamespace();

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ARENA_FILE_H_

#include "processes.h"

#include "arena_file.h"
#include "pins.h"
#include "segments.h"
#include "stats.h"

#if defined(__linux__)
#include <time.h>
#include <unistd.h>
#endif

namespace catzilla {

#if defined(__linux__)

namespace {

// How often, and how far apart, opening asks for the arena's mutex: two seconds in all.
constexpr int kRowAttempts = 200;
constexpr long kRowPauseNs = 10000000;

// Segments that the process had taken from the free list and not yet put to use.
void FreeClaimed(EngineState& state, uint32_t process) CATZ_REQUIRES(state.header->mutex) {
  for (SegmentId id = 0; id < state.segment_count; id++) {
    const Segment& row = state.segments[id];
    const Role role = RoleOf(row);
    if (role != Role::kClaimed && role != Role::kClaimedRun) continue;
    if (LoadRelaxed(&row.claimer) != process) continue;
    if (role == Role::kClaimedRun) AddRelaxed(&state.header->large, ~0u);
    AddFree(state, id, 1);
  }
}

void Reap(EngineState& state, uint32_t process) CATZ_REQUIRES(state.header->mutex) {
  for (SegmentId id = 0; id < state.segment_count; id++) {
    StoreRelaxed(state.PinsOf(id) + process, uint16_t{0});
  }
  Process& row = state.processes[process];
  StoreRelaxed(&row.pinned, 0u);
  StoreRelaxed(&row.leases, uint64_t{0});
  StoreRelaxed(&row.noting, 0u);
  FoldCounters(state, process);
  FreeClaimed(state, process);
  FreeQuarantined(state);
  StoreRelaxed(&row.pid, 0u);
}

// Takes over a row from whoever had it before. False: the arena's mutex was not to be had.
bool ReapRow(EngineState& state, uint32_t row) {
  ArenaLock lock(state);
  if (!lock) return false;
  Reap(state, row);
  StoreRelaxed(&state.processes[row].pid, static_cast<uint32_t>(getpid()));
  return true;
}

}  // namespace

bool AnyProcessAlive(const EngineState& state) {
  for (uint32_t row = 0; row < kMaxProcesses; row++) {
    if (IsRowLocked(state.file, row)) return true;
  }
  return false;
}

OpenStatus TakeRow(EngineState& state) {
  for (uint32_t row = 0; row < kMaxProcesses; row++) {
    if (!LockRow(state.file, row)) continue;
    state.process = row;
    // Nobody is served before it is open: it may wait longer for the mutex than a call does.
    for (int attempt = 0; attempt < kRowAttempts; attempt++) {
      if (ReapRow(state, row)) return OpenStatus::kOk;
      const timespec pause = {0, kRowPauseNs};
      nanosleep(&pause, nullptr);
    }
    UnlockRow(state.file, row);
    return OpenStatus::kBusy;
  }
  return OpenStatus::kTooManyProcesses;
}

void LeaveRow(EngineState& state) {
  {
    ArenaLock lock(state);
    if (lock) Reap(state, state.process);  // else the next one to take the row does
  }
  UnlockRow(state.file, state.process);
}

void ReapDead(EngineState& state) {
  if (!state.is_shared) return;
  for (uint32_t row = 0; row < kMaxProcesses; row++) {
    if (row == state.process || LoadRelaxed(&state.processes[row].pid) == 0) continue;
    if (IsRowLocked(state.file, row)) continue;
    ArenaLock lock(state, Wait::kBriefly);
    // Somebody may have taken the row since: then its pid is new, or its byte is locked.
    if (!lock || IsRowLocked(state.file, row)) continue;
    Reap(state, row);
  }
}

#else

void ReapDead(EngineState&) {}

#endif

}  // namespace catzilla

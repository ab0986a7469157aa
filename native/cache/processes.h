// Processes: who has a machine engine open, and what is done about those that died in it.
//
// A process holds the lock on its row's byte for as long as it has the file open (arena_file.h);
// the row says what it had: pins, counters, claimed segments. Reaping gives all of it back.
// Invariant: nothing of a process whose byte is locked is touched. An engine of one process has one
// row, its own, and nothing to reap.
#ifndef CATZILLA_CACHE_PROCESSES_H_
#define CATZILLA_CACHE_PROCESSES_H_

#include "locks.h"

namespace catzilla {

// Whether any process but this one has the file open.
bool AnyProcessAlive(const EngineState& state);
// Takes a row for this process: kOk, kTooManyProcesses, or kBusy when the arena's mutex cannot be
// had.
OpenStatus TakeRow(EngineState& state);
// Gives it back with all that belongs to it.
void LeaveRow(EngineState& state);
// Reaps the rows of processes that died.
void ReapDead(EngineState& state);

}  // namespace catzilla

#endif  // CATZILLA_CACHE_PROCESSES_H_

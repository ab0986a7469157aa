// The engines that this process has open by name or by path of their file, and the life of all.
// Invariant: a name or path maps to at most one engine, from its first open to its last release.
#include <cstdlib>
#include <cstring>
#include <new>

#include "allocator.h"
#include "arena.h"
#include "eviction_ring.h"
#include "machine.h"
#include "memory.h"
#include "mutex.h"

namespace catzilla {

namespace {

// Constant-initialised and never destroyed: workers may release engines while the process exits.
Mutex registry_mutex;
EngineState* first_named CATZ_GUARDED_BY(registry_mutex) = nullptr;

EngineState* FindNamed(const char* name, size_t size, bool is_shared)
    CATZ_REQUIRES(registry_mutex) {
  for (EngineState* state = first_named; state != nullptr; state = state->next_named) {
    if (state->is_shared != is_shared) continue;
    if (std::strlen(state->name) == size && std::memcmp(state->name, name, size) == 0) {
      return state;
    }
  }
  return nullptr;
}

void Forget(EngineState* state) CATZ_REQUIRES(registry_mutex) {
  EngineState** link = &first_named;
  while (*link != nullptr && *link != state) link = &(*link)->next_named;
  if (*link == state) *link = state->next_named;
}

char* CopyName(const char* name, size_t size) {
  char* const copy = static_cast<char*>(Allocate(size + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, name, size);
  copy[size] = '\0';
  return copy;
}

// The arena of one process; nullptr with the reason in *status.
EngineState* CreateState(const Options& options, OpenStatus* status) {
  Geometry geometry;
  if (!ComputeGeometry(options, PageBytes(), &geometry)) {
    *status = OpenStatus::kBadOptions;
    return nullptr;
  }
  *status = OpenStatus::kNoMemory;
  EngineState* const state = static_cast<EngineState*>(AllocateZeroed(sizeof(EngineState)));
  if (state == nullptr) return nullptr;
  uint8_t* const base = ReserveMemory(geometry.arena_bytes);
  const uint64_t active = SegmentsFor(geometry, options.max_bytes);
  const uint64_t committed = geometry.meta_bytes + (active << geometry.segment_shift);
  if (base == nullptr || !CommitMemory(base, committed)) {
    if (base != nullptr) ReleaseMemory(base, geometry.arena_bytes);
    Free(state);
    return nullptr;
  }
  MapArena(*state, base, geometry);
  state->pinned_runs =
      static_cast<uint32_t*>(AllocateZeroed(geometry.segment_count * sizeof(uint32_t)));
  if (state->pinned_runs == nullptr) {
    ReleaseMemory(base, geometry.arena_bytes);
    Free(state);
    return nullptr;
  }
  InitArena(*state, options, geometry);
  state->processes[0].pid = 1;  // this one; its number is of no use
  state->references = 1;
  *status = OpenStatus::kOk;
  return state;
}

void DestroyState(EngineState* state) {
  Delete(state->evicted);
  if (state->is_shared) return CloseMachine(state);
  ReleaseMemory(state->base, state->arena_bytes);
  Free(state->pinned_runs);
  Free(state->name);
  Free(state);
}

EngineState* CreateNamed(const Place& place, const Options& options, OpenReport* report) {
  char* const copy = CopyName(place.name, place.size);
  if (copy == nullptr) {
    report->status = OpenStatus::kNoMemory;
    return nullptr;
  }
  EngineState* const state = CreateState(options, &report->status);
  if (state == nullptr) {
    Free(copy);
    return nullptr;
  }
  state->name = copy;
  return state;
}

}  // namespace

Engine* Engine::Wrap(EngineState* state, OpenStatus* status) {
  if (state == nullptr) return nullptr;
  void* const memory = Allocate(sizeof(Engine));
  if (memory == nullptr) {
    DestroyState(state);
    *status = OpenStatus::kNoMemory;
    return nullptr;
  }
  return state->engine = new (memory) Engine(state);
}

Engine* Engine::Create(const Options& options, OpenStatus* status) {
  return Wrap(CreateState(options, status), status);
}

namespace {

// exit() ends a process whose engines are open: process.exit() of Node runs no cleanup hooks. Their
// files are left as a close would leave them. A thread that still writes makes the bookkeeping's
// checksum wrong, no more: nothing is unmapped.
void LeaveAtExit() {
  if (!registry_mutex.TryLock()) return;
  for (EngineState* state = first_named; state != nullptr; state = state->next_named) {
    if (state->is_shared) LeaveMachine(*state);
  }
  first_named = nullptr;
  registry_mutex.Unlock();
}

void LeaveAtExitOnce() CATZ_REQUIRES(registry_mutex) {
  static bool is_registered CATZ_GUARDED_BY(registry_mutex) = false;
  if (!is_registered) is_registered = std::atexit(LeaveAtExit) == 0;
}

}  // namespace

Engine* Engine::Open(const Place& place, const Options& options, OpenReport* report) {
  *report = OpenReport{};
  const bool machine = options.scope == Scope::kMachine;
  MutexLock lock(registry_mutex);
  if (EngineState* const found = FindNamed(place.name, place.size, machine)) {
    AddRelaxed(&found->references, 1u);
    return found->engine;
  }
  EngineState* const state =
      machine ? OpenMachine(place, options, report) : CreateNamed(place, options, report);
  Engine* const engine = Wrap(state, &report->status);
  if (engine == nullptr) return nullptr;
  state->next_named = first_named;
  first_named = state;
  if (machine) LeaveAtExitOnce();
  return engine;
}

Engine* Engine::FindOpen(const char* name, size_t size) {
  MutexLock lock(registry_mutex);
  EngineState* found = FindNamed(name, size, false);
  if (found == nullptr) found = FindNamed(name, size, true);
  if (found == nullptr) return nullptr;
  AddRelaxed(&found->references, 1u);
  return found->engine;
}

// Forgotten here, too: who opens the path next makes a new file.
void Engine::Unlink() {
  if (!state_->is_shared) return;
  MutexLock lock(registry_mutex);
  Forget(state_);
  UnlinkMachine(*state_);
}

void Engine::Retain() { AddRelaxed(&state_->references, 1u); }

// Under the registry's mutex, so that no open can find an engine whose last reference just went.
void Engine::Release() {
  EngineState* const state = state_;
  {
    MutexLock lock(registry_mutex);
    if (AddAcqRel(&state->references, ~0u) != 1) return;
    if (state->name != nullptr) Forget(state);
  }
  this->~Engine();
  Free(this);
  DestroyState(state);
}

}  // namespace catzilla

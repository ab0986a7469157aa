#include "pins.h"

#include "segments.h"

namespace catzilla {

namespace {

// The first of a freed run is the one that pins are on.
uint32_t RunOf(const EngineState& state, SegmentId id) {
  return LoadRelaxed(&state.segments[id].run);
}

uint16_t* OwnPins(const EngineState& state, SegmentId id) {
  return state.PinsOf(id) + state.process;
}

}  // namespace

bool Pin(EngineState& state, SegmentId id) {
  uint16_t* const pins = OwnPins(state, id);
  for (;;) {
    const uint16_t seen = LoadSeqCst(pins);
    if (seen == 0xffff) return false;
    if (!CompareExchangeSeqCst(pins, seen, static_cast<uint16_t>(seen + 1))) continue;
    if (seen == 0) {
      // Kept, since a segment that was given back just before may be part of another run at Unpin.
      const uint32_t run = RunOf(state, id);
      StoreRelaxed(&state.pinned_runs[id], run);
      AddRelaxed(&state.processes[state.process].pinned, run);
    }
    return true;
  }
}

void Unpin(EngineState& state, SegmentId id) {
  uint16_t* const pins = OwnPins(state, id);
  for (;;) {
    const uint16_t seen = LoadSeqCst(pins);
    // With one pin left its taker is done with Pin, or it is our own: what was kept is there.
    const uint32_t run = LoadRelaxed(&state.pinned_runs[id]);
    if (!CompareExchangeSeqCst(pins, seen, static_cast<uint16_t>(seen - 1))) continue;
    if (seen != 1) return;
    AddRelaxed(&state.processes[state.process].pinned, 0u - run);
    TryFreeQuarantined(state);
    return;
  }
}

bool IsPinned(const EngineState& state, SegmentId id) {
  const uint16_t* const pins = state.PinsOf(id);
  if (!state.is_shared) return LoadSeqCst(pins) != 0;
  // Four counts at a time: the row of a segment is two cache lines.
  const uint64_t* const words = reinterpret_cast<const uint64_t*>(pins);
  for (uint32_t i = 0; i < kMaxProcesses / 4; i++) {
    if (LoadSeqCst(&words[i]) != 0) return true;
  }
  return false;
}

uint64_t PinnedBytes(const EngineState& state) {
  uint64_t segments = 0;
  for (uint32_t row = 0; row < state.header->geometry.processes; row++) {
    segments += LoadRelaxed(&state.processes[row].pinned);
  }
  return segments << state.segment_shift;
}

uint64_t BytesToPin(const EngineState& state, SegmentId id) {
  if (LoadRelaxed(OwnPins(state, id)) != 0) return 0;
  return uint64_t{RunOf(state, id)} << state.segment_shift;
}

void FreeQuarantined(EngineState& state) {
  for (SegmentId id = 0; id < state.segment_count; id++) {
    if (RoleOf(state.segments[id]) != Role::kQuarantined || IsPinned(state, id)) continue;
    const uint32_t run = RunOf(state, id);
    AddRelaxed(&state.header->quarantined, 0u - run);
    AddFree(state, id, run);
  }
}

void TryFreeQuarantined(EngineState& state) {
  if (LoadRelaxed(&state.header->quarantined) == 0) return;
  ArenaLock lock(state, Wait::kBriefly);
  if (lock) FreeQuarantined(state);
}

}  // namespace catzilla

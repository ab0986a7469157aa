#include "segments.h"

#include "memory.h"
#include "pins.h"

namespace catzilla {

namespace {

// Bytes at the end of *open, which is replaced by a fresh segment when it is full: before `beside`
// in its queue, or newest of the log when that is kNoSegment.
Offset Append(EngineState& state, Shard& shard, Log log, SegmentId* open, SegmentId beside,
              uint32_t bytes, uint32_t spared) CATZ_REQUIRES(shard.mutex) {
  if (*open != kNoSegment && state.segments[*open].append + bytes > state.segment_bytes()) {
    Seal(state, shard, open);
  }
  if (*open == kNoSegment) {
    const SegmentId id = TakeSegment(state, shard, RoleOfLog(log), TakeFrom::kBottom, spared);
    if (id == kNoSegment) return 0;
    if (beside == kNoSegment) {
      PushNewest(state, shard.queues[log], id);
    } else {
      InsertBefore(state, shard.queues[log], beside, id);
    }
    *open = id;
  }
  Segment& row = state.segments[*open];
  const Offset at = state.StartOf(*open) + row.append;
  row.append += bytes;
  return at;
}

}  // namespace

// Sequentially consistent, since pins are read next: see pins.h.
void CloseVersion(Segment& segment) {
  StoreSeqCst(&segment.version, segment.version | 1);
  FenceRelease();  // pairs with the reader's acquire fence: new bytes seen => odd version seen
}

// Release: pairs with the reader's first load, so that it sees the slots cleared before.
void OpenVersion(Segment& segment) { StoreRelease(&segment.version, (segment.version | 1) + 1); }

bool IsOpen(const Shard& shard, SegmentId id) {
  for (uint32_t log = 0; log < kLogs; log++) {
    if (shard.open[log] == id || shard.cleaned[log] == id) return true;
  }
  return shard.victim == id;
}

// Rows beyond are zero, which is retired: a large reserve costs nothing before it is used.
void InitSegments(EngineState& state, uint32_t active) CATZ_NO_ANALYSIS {
  for (SegmentId id = 0; id < active; id++) SetRole(state.segments[id], Role::kFree);
  state.header->active = active;
  state.header->free = active;
}

uint32_t FreeSegments(const EngineState& state) { return LoadRelaxed(&state.header->free); }

uint32_t FairShare(const EngineState& state) {
  const Header& header = *state.header;
  const uint32_t active = SegmentsFor(header.geometry, LoadRelaxed(&header.max_bytes));
  const uint32_t large = LoadRelaxed(&header.large);
  const uint32_t kept = large + LowWater(state);
  return (active > kept ? active - kept : 0) / (state.shard_mask + 1);
}

uint32_t LowWater(const EngineState& state) { return kSparedForMoves + 2 + state.shard_mask / 2; }

namespace {

SegmentId Claim(EngineState& state, TakeFrom from, uint32_t spared)
    CATZ_REQUIRES(state.header->mutex) {
  if (state.header->free < LowWater(state) && LoadRelaxed(&state.header->quarantined) != 0) {
    FreeQuarantined(state);
  }
  if (state.header->free <= spared) return kNoSegment;
  const uint32_t first = from == TakeFrom::kBottom ? state.header->lowest_free : 0;
  for (uint32_t i = first; i < state.segment_count; i++) {
    const SegmentId id = from == TakeFrom::kBottom ? i : state.segment_count - 1 - i;
    Segment& row = state.segments[id];
    if (RoleOf(row) != Role::kFree) continue;
    if (id >= state.header->claim_low && id < state.header->claim_high) continue;
    StoreRelaxed(&row.claimer, state.process);
    StoreRelaxed(&row.order, state.header->next_order++);
    SetRole(row, Role::kClaimed);
    StoreRelaxed(&state.header->free, state.header->free - 1);
    if (id == state.header->lowest_free) state.header->lowest_free++;
    return id;
  }
  return kNoSegment;
}

}  // namespace

SegmentId TakeSegment(EngineState& state, Shard& shard, Role role, TakeFrom from, uint32_t spared) {
  SegmentId taken;
  {
    ArenaLock lock(state);
    if (!lock) return kNoSegment;
    taken = Claim(state, from, spared);
  }
  if (FreeSegments(state) < LowWater(state)) shard.wants_room = true;
  if (taken == kNoSegment) return kNoSegment;

  Segment& row = state.segments[taken];
  StoreRelaxed(&row.shard, state.ShardNumber(shard));
  StoreRelaxed(&row.live_bytes, 0u);
  row.append = 0;
  row.first_expiry = kNeverExpires;
  StoreRelaxed(&row.run, 1u);
  row.previous = row.next = kNoSegment;
  AddRelaxed(&shard.segments, 1u);
  KeepProgramOrder();
  SetRole(row, role);
  OpenVersion(row);
  return taken;
}

namespace {

// Leased, or the free list is out of reach: whoever frees quarantined segments will look again.
void Quarantine(EngineState& state, SegmentId id, uint32_t run) {
  AddRelaxed(&state.header->quarantined, run);
  for (SegmentId part = id + run - 1; part > id; part--) {
    SetRole(state.segments[part], Role::kQuarantinedTail);
  }
  SetRole(state.segments[id], Role::kQuarantined);
}

}  // namespace

void FreeSegment(EngineState& state, Shard& shard, SegmentId id) {
  if (shard.swept == id) shard.swept = kNoSegment;
  const uint32_t run = LoadRelaxed(&state.segments[id].run);
  for (SegmentId part = id; part < id + run; part++) CloseVersion(state.segments[part]);
  AddRelaxed(&shard.segments, 0u - run);

  ArenaLock lock(state);
  if (RoleOf(state.segments[id]) == Role::kLarge) AddRelaxed(&state.header->large, 0u - run);
  if (!lock || IsPinned(state, id)) return Quarantine(state, id, run);
  AddFree(state, id, run);
}

void AddFree(EngineState& state, SegmentId first, uint32_t count) {
  for (SegmentId id = first; id < first + count; id++) {
    StoreRelaxed(&state.segments[id].run, 1u);
    SetRole(state.segments[id], Role::kFree);
  }
  StoreRelaxed(&state.header->free, state.header->free + count);
  if (first < state.header->lowest_free) state.header->lowest_free = first;
}

void PushNewest(EngineState& state, Queue& queue, SegmentId id) {
  Segment& row = state.segments[id];
  row.previous = queue.tail;
  row.next = kNoSegment;
  if (queue.tail == kNoSegment) {
    queue.head = id;
  } else {
    state.segments[queue.tail].next = id;
  }
  queue.tail = id;
  queue.count++;
}

void InsertBefore(EngineState& state, Queue& queue, SegmentId at, SegmentId id) {
  Segment& row = state.segments[id];
  Segment& after = state.segments[at];
  row.previous = after.previous;
  row.next = at;
  if (after.previous == kNoSegment) {
    queue.head = id;
  } else {
    state.segments[after.previous].next = id;
  }
  after.previous = id;
  queue.count++;
}

void Unlink(EngineState& state, Queue& queue, SegmentId id) {
  Segment& row = state.segments[id];
  if (row.previous == kNoSegment) {
    queue.head = row.next;
  } else {
    state.segments[row.previous].next = row.next;
  }
  if (row.next == kNoSegment) {
    queue.tail = row.previous;
  } else {
    state.segments[row.next].previous = row.previous;
  }
  row.previous = row.next = kNoSegment;
  queue.count--;
}

void Seal(EngineState& state, Shard& shard, SegmentId* open) {
  const SegmentId id = *open;
  *open = kNoSegment;
  if (id == kNoSegment || IsOpen(shard, id) || state.segments[id].live_bytes != 0) return;
  Unlink(state, shard.queues[LogOf(state.segments[id])], id);
  FreeSegment(state, shard, id);
}

Offset AppendToLog(EngineState& state, Shard& shard, Log log, uint32_t bytes, uint32_t spared) {
  return Append(state, shard, log, &shard.open[log], kNoSegment, bytes, spared);
}

Offset AppendBeside(EngineState& state, Shard& shard, SegmentId source, uint32_t bytes) {
  const Log log = LogOf(state.segments[source]);
  return Append(state, shard, log, &shard.cleaned[log], source, bytes, 0);
}

void AddLive(EngineState& state, Shard& shard, SegmentId id, uint32_t bytes, int64_t expires_at) {
  Segment& row = state.segments[id];
  StoreRelaxed(&row.live_bytes, row.live_bytes + bytes);
  if (expires_at < row.first_expiry) row.first_expiry = expires_at;
  StoreRelaxed(&shard.live_bytes, shard.live_bytes + bytes);
}

void RemoveLive(EngineState& state, Shard& shard, SegmentId id, uint32_t bytes) {
  Segment& row = state.segments[id];
  StoreRelaxed(&row.live_bytes, row.live_bytes - bytes);
  StoreRelaxed(&shard.live_bytes, shard.live_bytes - bytes);
  if (row.live_bytes != 0 || IsOpen(shard, id)) return;
  if (RoleOf(row) == Role::kLarge) {
    Unlink(state, shard.large, id);
  } else {
    Unlink(state, shard.queues[LogOf(row)], id);
  }
  FreeSegment(state, shard, id);
}

}  // namespace catzilla

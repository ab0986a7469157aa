#include "recover.h"

#include "entries.h"
#include "segments.h"
#include "tags.h"

namespace catzilla {

namespace {

bool Owns(const EngineState& state, const Shard& shard, SegmentId id, Role role) {
  const Segment& row = state.segments[id];
  return RoleOf(row) == role && LoadRelaxed(&row.shard) == state.ShardNumber(shard);
}

void ResetShard(Shard& shard) CATZ_REQUIRES(shard.mutex) {
  for (uint32_t log = 0; log < kLogs; log++) {
    shard.queues[log] = Queue{kNoSegment, kNoSegment, 0};
    shard.open[log] = shard.cleaned[log] = kNoSegment;
  }
  shard.large = Queue{kNoSegment, kNoSegment, 0};
  shard.index_segment = shard.victim = shard.swept = kNoSegment;
  shard.index_next = shard.free_page = shard.victim_at = shard.swept_at = 0;
  shard.victim_cleaning = false;
  shard.wants_room = shard.ghost_used = true;  // whatever a damaged file says, as a bool
  StoreRelaxed(&shard.entries, uint64_t{0});
  StoreRelaxed(&shard.live_bytes, uint64_t{0});
  StoreRelaxed(&shard.index_pages, 0u);
  StoreRelaxed(&shard.segments, 0u);
}

// Every page of the shard's index segments becomes a free one, then the directory gets a first
// page.
bool RebuildIndex(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex) {
  for (SegmentId id = 0; id < state.segment_count; id++) {
    if (!Owns(state, shard, id, Role::kIndex)) continue;
    AddRelaxed(&shard.segments, 1u);
    StoreRelaxed(&state.segments[id].run, 1u);
    FreeIndexPages(state, shard, state.StartOf(id));
  }
  return InitIndex(state, shard);
}

// Oldest first, by the order in which segments were taken.
void InsertByAge(EngineState& state, Queue& queue, SegmentId id) {
  SegmentId after = queue.tail;
  SegmentId before = kNoSegment;
  while (after != kNoSegment &&
         LoadRelaxed(&state.segments[after].order) > LoadRelaxed(&state.segments[id].order)) {
    before = after;
    after = state.segments[after].previous;
  }
  if (before == kNoSegment) {
    PushNewest(state, queue, id);
  } else {
    InsertBefore(state, queue, before, id);
  }
}

// Whether the item's sizes keep within `room` bytes and the arena's limits.
bool Fits(const EngineState& state, const Item* item, uint64_t room) {
  const Options& options = state.header->options;
  const uint32_t tags = TagCountOf(item->expiry_flags);
  return item->key_size <= options.max_key_bytes && item->value_size <= options.max_value_bytes &&
         tags <= kMaxTags && ItemBytes(item->key_size, tags, item->value_size) <= room;
}

// An epoch that has not come yet would keep the item from ever being void. REQUIRES: Fits.
bool IsOfThisTime(const EngineState& state, const Item* item) {
  return TagCountOf(item->expiry_flags) == 0 ||
         *TagsOf(item, item->key_size) <= LoadRelaxed(state.tag_epoch);
}

// Makes an item of the shard's segments findable again, if it deserves it.
bool Readmit(EngineState& state, Shard& shard, Offset offset, uint64_t room)
    CATZ_REQUIRES(shard.mutex) {
  Item* const item = ItemAt(state, offset);
  if (item->expiry_flags & kDead) return false;
  const bool whole = (item->sequence & 1) == 0 && Fits(state, item, room) &&
                     IsWhole(state, item, offset) && IsOfThisTime(state, item);
  const uint64_t hash = whole ? HashBytes(item->key(), item->key_size, state.hash_seed) : 0;
  if (!whole || &state.ShardOf(hash) != &shard) {
    // What a death left half written, or in a segment that was being given back, is not damage.
    const bool unfinished = (item->sequence & 1) != 0 || item->checksum == 0 ||
                            (state.segments[state.SegmentAt(offset)].version & 1) != 0;
    if (!unfinished) AddRelaxed(&state.header->corrupt, uint64_t{1});
    MarkDead(item);
    return false;
  }
  const Key key{item->key(), item->key_size, hash};
  const bool is_intended = shard.has_intent != 0 && shard.intent == hash;
  // Two of a key are damage: a move leaves one of its ends, or none.
  if (is_intended || !IsLive(state, item, state.CoarseNow()) || FindKey(state, shard, key) ||
      !InsertSlot(state, shard, hash, offset)) {
    MarkDead(item);
    return false;
  }
  StoreRelaxed(&shard.entries, shard.entries + 1);
  return true;
}

void RebuildLog(EngineState& state, Shard& shard, SegmentId id) CATZ_REQUIRES(shard.mutex) {
  Segment& row = state.segments[id];
  AddRelaxed(&shard.segments, 1u);
  StoreRelaxed(&row.run, 1u);
  StoreRelaxed(&row.live_bytes, 0u);
  row.first_expiry = kNeverExpires;
  row.previous = row.next = kNoSegment;
  if (row.append > state.segment_bytes()) row.append = state.segment_bytes();
  uint32_t at = 0;
  while (at + sizeof(Item) <= row.append) {
    const Offset offset = state.StartOf(id) + at;
    const Item* const item = ItemAt(state, offset);
    const uint32_t bytes = uint32_t{item->capacity} * 8;
    // What nobody had begun to write when its owner died: nothing comes after it.
    if (bytes < sizeof(Item) || bytes > row.append - at) break;
    if (Readmit(state, shard, offset, bytes)) {
      AddLive(state, shard, id, bytes, ExpiryOf(item->expiry_flags));
    }
    at += bytes;
  }
  row.append = at;
  if (row.live_bytes == 0) {
    FreeSegment(state, shard, id);
  } else {
    InsertByAge(state, shard.queues[LogOf(row)], id);
  }
}

// How many segments the run that begins here really has; 0: it is none.
uint32_t RunAt(const EngineState& state, const Shard& shard, SegmentId id) {
  if (!Owns(state, shard, id, Role::kLarge)) return 0;
  const uint32_t run = LoadRelaxed(&state.segments[id].run);
  if (run == 0 || run > state.segment_count - id) return 0;
  for (SegmentId part = id + 1; part < id + run; part++) {
    if (!Owns(state, shard, part, Role::kLargeTail)) return 0;
    if (LoadRelaxed(&state.segments[part].previous) != id) return 0;
  }
  return run;
}

void RebuildRuns(EngineState& state, Shard& shard) CATZ_REQUIRES(shard.mutex) {
  for (SegmentId id = 0; id < state.segment_count;) {
    const bool is_part = Owns(state, shard, id, Role::kLargeTail);
    const uint32_t run = RunAt(state, shard, id);
    Segment& row = state.segments[id];
    if (run != 0) {
      const uint64_t room = uint64_t{run} << state.segment_shift;
      const Offset offset = state.StartOf(id);
      AddRelaxed(&shard.segments, run);
      StoreRelaxed(&row.live_bytes, 0u);
      row.first_expiry = kNeverExpires;
      row.previous = row.next = kNoSegment;
      const Item* const item = ItemAt(state, offset);
      if (item->capacity == 0 && Readmit(state, shard, offset, room)) {
        const uint64_t bytes =
            ItemBytes(item->key_size, TagCountOf(item->expiry_flags), item->value_size);
        AddLive(state, shard, id, static_cast<uint32_t>(bytes), ExpiryOf(item->expiry_flags));
        InsertByAge(state, shard.large, id);
      } else {
        FreeSegment(state, shard, id);
      }
      id += run;
      continue;
    }
    if (is_part || Owns(state, shard, id, Role::kLarge)) {
      AddRelaxed(&shard.segments, 1u);
      StoreRelaxed(&row.run, 1u);
      SetRole(row, Role::kLarge);  // counted as large until it is given back
      FreeSegment(state, shard, id);
    }
    id++;
  }
}

// Whether the epoch is one that notes can hold, and none of them is ahead of it: what is stored
// from here on would not become void.
bool IsEpochSound(const EngineState& state) {
  const uint64_t epoch = LoadRelaxed(state.tag_epoch);
  if (epoch == 0 || epoch > kEpochMask / 2) return false;
  if (state.header->clear_epoch > epoch || state.header->tag_floor > epoch) return false;
  for (uint64_t i = 0; i < NoteCount(state); i++) {
    if ((LoadRelaxed(&state.tag_notes[i]) & kEpochMask) > epoch) return false;
  }
  return true;
}

// A role that is none, or work in progress of somebody who is gone.
void SettleRole(EngineState& state, SegmentId id) {
  Segment& row = state.segments[id];
  const uint32_t role = LoadRelaxed(&row.role);
  const bool is_owned = role >= static_cast<uint32_t>(Role::kSmall) &&
                        role <= static_cast<uint32_t>(Role::kLargeTail);
  if (is_owned && LoadRelaxed(&row.shard) <= state.shard_mask) return;
  if (role == static_cast<uint32_t>(Role::kRetired)) return;
  StoreRelaxed(&row.run, 1u);
  row.version |= 1;
  SetRole(row, Role::kFree);
}

}  // namespace

bool RebuildShard(EngineState& state, Shard& shard) {
  // Odd before anything is emptied; it is already where a rebuild was cut short.
  StoreSeqCst(&shard.rebuilds, shard.rebuilds + 1 + (shard.rebuilds & 1));
  FenceRelease();  // pairs with the acquire fence of SetExpiryUnlocked: emptied seen => odd seen
  ResetShard(shard);
  if (!RebuildIndex(state, shard)) return false;
  for (SegmentId id = 0; id < state.segment_count; id++) {
    if (Owns(state, shard, id, Role::kSmall) || Owns(state, shard, id, Role::kMain)) {
      RebuildLog(state, shard, id);
    }
  }
  RebuildRuns(state, shard);
  if (shard.has_intent != 0) state.BumpGeneration(shard.intent);
  shard.has_intent = 0;
  shard.wants_room = true;
  StoreRelease(&shard.rebuilds, shard.rebuilds + 1);  // even seen => all readmitted seen
  return true;
}

void RecountSegments(EngineState& state) {
  uint32_t free = 0, active = 0, large = 0, quarantined = 0;
  SegmentId covered = 0;  // where the last quarantined run ends
  for (SegmentId id = 0; id < state.segment_count; id++) {
    Segment& row = state.segments[id];
    if (RoleOf(row) == Role::kQuarantined) covered = id + LoadRelaxed(&row.run);
    // Its head was freed, and whoever did it died before the rest.
    if (RoleOf(row) == Role::kQuarantinedTail && id >= covered) {
      StoreRelaxed(&row.run, 1u);
      SetRole(row, Role::kFree);
    }
    const Role role = RoleOf(row);
    if (role == Role::kFree) free++;
    if (role != Role::kRetired) active++;
    if (role == Role::kLarge || role == Role::kLargeTail || role == Role::kClaimedRun) large++;
    if (role == Role::kQuarantined || role == Role::kQuarantinedTail) quarantined++;
  }
  StoreRelaxed(&state.header->free, free);
  StoreRelaxed(&state.header->large, large);
  StoreRelaxed(&state.header->quarantined, quarantined);
  state.header->active = active;
  state.header->lowest_free = 0;
}

bool RecoverArena(EngineState& state) CATZ_NO_ANALYSIS {
  Header& header = *state.header;
  if (!IsEpochSound(state)) return false;
  const uint32_t allowed = SegmentsFor(header.geometry, LoadRelaxed(&header.max_bytes));
  for (SegmentId id = 0; id < state.segment_count; id++) SettleRole(state, id);
  header.claim_low = header.claim_high = 0;
  RecountSegments(state);
  if (header.active > allowed) return false;
  for (uint32_t i = 0; i <= state.shard_mask; i++) {
    if (!RebuildShard(state, state.shards[i])) return false;
  }
  RecountSegments(state);
  return true;
}

}  // namespace catzilla

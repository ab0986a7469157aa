#include "machine.h"

#include <cstring>

#include "allocator.h"
#include "arena.h"
#include "arena_file.h"
#include "checksum.h"
#include "clock.h"
#include "memory.h"
#include "pins.h"
#include "processes.h"
#include "recover.h"
#include "segments.h"
#include "stats.h"

#if defined(__linux__)
#include <errno.h>
#endif

namespace catzilla {

#if defined(__linux__)

namespace {

constexpr int64_t kOpeningTimeoutMs = 10000;
constexpr int64_t kClosingTimeoutMs = 1000;

const char kOtherLayout[] = "it was made by a build with another layout";
const char kOtherOptions[] = "it had other options, and nobody had it open";
const char kUnfinished[] = "its making was not finished";
const char kDamaged[] = "it was damaged";
const char kNotClosed[] = "its last process did not close it";
const char kLostPower[] = "nobody closed it before the machine went down";

// Which given options the file contradicts.
bool Contradicts(const Header& header, const Options& asked, uint32_t given) {
  const Options& had = header.options;
  const auto differs = [given](uint32_t option, bool other) { return (given & option) && other; };
  return differs(kGivenMaxBytes, header.max_bytes != asked.max_bytes) ||
         differs(kGivenReserveBytes, had.reserve_bytes != asked.reserve_bytes) ||
         differs(kGivenMaxKeyBytes, had.max_key_bytes != asked.max_key_bytes) ||
         differs(kGivenMaxValueBytes, had.max_value_bytes != asked.max_value_bytes) ||
         differs(kGivenPolicy, had.policy != asked.policy) ||
         differs(kGivenLeaseShare, had.lease_share != asked.lease_share) ||
         differs(kGivenTtl, had.default_ttl != asked.default_ttl);
}

// Whether geometry, sizes and length of the file follow from its options, as they must.
bool IsSound(const Header& header, uint64_t file_bytes) {
  Geometry geometry;
  return header.options.scope == Scope::kMachine &&
         static_cast<uint32_t>(header.options.policy) <= 1 &&
         ComputeGeometry(header.options, PageBytes(), &geometry) &&
         std::memcmp(&geometry, &header.geometry, sizeof(geometry)) == 0 &&
         file_bytes == geometry.arena_bytes && header.max_bytes >= kMinBytes &&
         header.max_bytes <= header.options.reserve_bytes &&
         SegmentsFor(geometry, header.max_bytes) != 0;
}

bool IsZero(const Header& header) {
  const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(&header);
  for (size_t i = 0; i < sizeof(header); i++) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

enum class Verdict { kUse, kCreate, kRefuse };

struct Examined {
  Verdict verdict;
  const char* reason;  // of kCreate; nullptr: there was nothing
};

// What to do with the file, by its first bytes. *header is what they are.
Examined Examine(int file, const Place& place, const Options& options, bool alive, Header* header,
                 OpenReport* report) {
  const auto refuse = [&](OpenStatus status, uint64_t theirs = 0, uint64_t ours = 0) {
    report->status = status;
    report->wanted = theirs;
    report->available = ours;
    return Examined{Verdict::kRefuse, nullptr};
  };
  const uint64_t bytes = FileBytes(file);
  if (bytes == 0) return {Verdict::kCreate, nullptr};
  const bool has_header = ReadFileStart(file, header, sizeof(*header));
  if (has_header && IsZero(*header) && !alive) return {Verdict::kCreate, kUnfinished};
  if (!has_header) {
    // Cut short, by whoever: it is ours to make anew if it begins as ours.
    uint64_t magic = 0;
    const bool ours = ReadFileStart(file, &magic, sizeof(magic)) && magic == kMagic;
    return ours && !alive ? Examined{Verdict::kCreate, kDamaged} : refuse(OpenStatus::kForeign);
  }
  if (header->magic != kMagic) return refuse(OpenStatus::kForeign);
  if (header->layout_version != kLayoutVersion || header->layout_check != LayoutCheck()) {
    if (!alive) return {Verdict::kCreate, kOtherLayout};
    return refuse(OpenStatus::kOtherLayout, header->layout_version, kLayoutVersion);
  }
  if (alive) {
    if (!IsSound(*header, bytes)) {
      return refuse(OpenStatus::kOtherLayout, header->layout_version, kLayoutVersion);
    }
    const uint64_t ours = PidNamespace();
    if (header->pid_namespace != ours) {
      return refuse(OpenStatus::kOtherNamespace, header->pid_namespace, ours);
    }
    return {Verdict::kUse, nullptr};
  }
  if (header->life == Life::kCreating) return {Verdict::kCreate, kUnfinished};
  if (!IsSound(*header, bytes)) return {Verdict::kCreate, kDamaged};
  if (Contradicts(*header, options, place.given)) return {Verdict::kCreate, kOtherOptions};
  return {Verdict::kUse, nullptr};
}

bool Map(EngineState& state, const Geometry& geometry, OpenReport* report) {
  uint8_t* const base = MapFile(state.file, geometry.arena_bytes);
  if (base == nullptr) {
    report->status = OpenStatus::kNoMemory;
    return false;
  }
  MapArena(state, base, geometry);
  return true;
}

// Empties the file and makes an arena of it.
bool Make(EngineState& state, const Options& options, OpenReport* report) {
  Geometry geometry;
  if (!ComputeGeometry(options, PageBytes(), &geometry)) {
    report->status = OpenStatus::kBadOptions;
    return false;
  }
  const uint64_t active = SegmentsFor(geometry, options.max_bytes);
  const uint64_t backed = geometry.meta_bytes + (active << geometry.segment_shift);
  report->wanted = backed;
  const bool emptied = SetFileBytes(state.file, 0);
  report->available = FreeFileSystemBytes(state.file);
  errno = ENOSPC;
  // Asked first: on a file system in memory, a range that does not fit would push out what is
  // there.
  if (!emptied || report->available < backed || !SetFileBytes(state.file, geometry.arena_bytes) ||
      !BackRange(state.file, 0, backed)) {
    report->error = errno;
    const bool is_space = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    report->status = is_space ? OpenStatus::kNoSpace : OpenStatus::kSystem;
    UnlinkFile(state.file, state.name);
    return false;
  }
  if (!Map(state, geometry, report)) return false;
  state.header->magic = kMagic;
  state.header->life = Life::kCreating;
  InitArena(state, options, geometry);
  return true;
}

// Over everything that is not segments, and the index pages in those that are.
uint32_t BookkeepingCheck(EngineState& state) {
  Header& header = *state.header;
  const uint32_t had = header.bookkeeping_check;
  header.bookkeeping_check = 0;
  uint32_t crc = Crc32c(0, state.base, state.meta_bytes);
  header.bookkeeping_check = had;
  for (SegmentId id = 0; id < state.segment_count; id++) {
    if (RoleOf(state.segments[id]) != Role::kIndex) continue;
    crc = Crc32c(crc, state.base + state.StartOf(id), state.segment_bytes());
  }
  return crc;
}

// A clock that goes on where the file's stopped: after a boot by the wall's, since the monotonic
// one began anew. False: what the file says is no time at all.
bool StartClock(Header& header, bool same_boot) {
  constexpr int64_t kLongestMs = int64_t{1} << 42;  // 139 years
  if (!same_boot) {
    const int64_t now_ms = WallMs();
    if (header.wall_epoch_ms < 0 || now_ms - header.wall_epoch_ms > kLongestMs) return false;
    const int64_t passed_ms = now_ms - header.wall_epoch_ms;
    header.epoch_ns = MonotonicNs() - (passed_ms < 0 ? 0 : passed_ms) * 1000000;
  }
  const int64_t now_ns = MonotonicNs();
  return header.epoch_ns <= now_ns && header.epoch_ns >= now_ns - kLongestMs * 1000000;
}

void ForgetProcesses(EngineState& state) CATZ_NO_ANALYSIS {
  for (uint32_t row = 0; row < kMaxProcesses; row++) FoldCounters(state, row);
  std::memset(state.processes, 0, kMaxProcesses * sizeof(Process));
  std::memset(state.pins, 0, size_t{state.segment_count} * kMaxProcesses * sizeof(uint16_t));
}

// Nobody else has it open. False: it is too damaged, or says why not in state.opened_reason.
bool Revive(EngineState& state) {
  Header& header = *state.header;
  uint8_t boot[16];
  ReadBootId(boot);
  const bool same_boot = std::memcmp(boot, header.boot_id, sizeof(boot)) == 0;
  const bool clean =
      header.life == Life::kClean && header.bookkeeping_check == BookkeepingCheck(state);
  if (!clean && !same_boot) {
    // Some of its pages may be older than others: an item may be whole and yet no longer the one.
    state.opened_reason = kLostPower;
    return false;
  }
  header.life = Life::kOpen;
  InitMutexes(state);
  header.test_clock = -1;
  if (!StartClock(header, same_boot)) return false;
  std::memcpy(header.boot_id, boot, sizeof(boot));
  header.tag_pass = 0;
  state.opened = clean ? Opened::kWarm : Opened::kRecovered;
  if (clean) return true;
  header.last_sweep = 0;
  ForgetProcesses(state);
  if (!RecoverArena(state)) return false;
  state.opened_reason = kNotClosed;
  return true;
}

// Maps and checks what the file holds; false: make it anew.
bool Use(EngineState& state, const Header& header, bool alive, OpenReport* report) {
  if (!Map(state, header.geometry, report)) return false;
  ReadHeader(state);
  state.opened = Opened::kAttached;
  return alive || Revive(state);
}

bool Create(EngineState& state, const Options& options, const char* reason, OpenReport* report) {
  if (!Make(state, options, report)) return false;
  ReadBootId(state.header->boot_id);
  state.opened = reason != nullptr ? Opened::kRecreated : Opened::kCreated;
  state.opened_reason = reason;
  return true;
}

bool Prepare(EngineState& state, const Place& place, const Options& options, OpenReport* report) {
  Header header;
  const bool alive = AnyProcessAlive(state);
  const Examined examined = Examine(state.file, place, options, alive, &header, report);
  if (examined.verdict == Verdict::kRefuse) return false;
  if (examined.verdict == Verdict::kCreate) {
    return Create(state, options, examined.reason, report);
  }
  if (Use(state, header, alive, report)) return true;
  if (alive || report->status != OpenStatus::kOk) return false;
  UnmapFile(state.base, state.arena_bytes);
  state.base = nullptr;
  const char* const reason = state.opened_reason != nullptr ? state.opened_reason : kDamaged;
  return Create(state, options, reason, report);
}

void Abandon(EngineState* state) {
  if (state->base != nullptr) UnmapFile(state->base, state->arena_bytes);
  if (state->file != kNoFile) CloseArenaFile(state->file);
  Free(state->pinned_runs);
  Free(state->name);
  Free(state);
}

}  // namespace

EngineState* OpenMachine(const Place& place, const Options& options, OpenReport* report) {
  *report = OpenReport{};
  EngineState* const state = static_cast<EngineState*>(AllocateZeroed(sizeof(EngineState)));
  char* const path = static_cast<char*>(Allocate(place.size + 1));
  if (state == nullptr || path == nullptr) {
    Free(state);
    Free(path);
    report->status = OpenStatus::kNoMemory;
    return nullptr;
  }
  std::memcpy(path, place.name, place.size);
  path[place.size] = '\0';
  state->name = path;
  state->is_shared = true;
  state->lock_timeout_ms = place.lock_timeout_ms;
  state->file = OpenArenaFile(path, kOpeningTimeoutMs, report);
  if (state->file == kNoFile || !Prepare(*state, place, options, report)) {
    Abandon(state);
    return nullptr;
  }
  state->pinned_runs =
      static_cast<uint32_t*>(AllocateZeroed(state->segment_count * sizeof(uint32_t)));
  if (state->pinned_runs == nullptr) {
    report->status = OpenStatus::kNoMemory;
    Abandon(state);
    return nullptr;
  }
  state->header->pid_namespace = PidNamespace();
  state->header->life = Life::kOpen;
  report->status = TakeRow(*state);
  if (report->status != OpenStatus::kOk) {
    report->wanted = static_cast<uint64_t>(place.lock_timeout_ms);
    Abandon(state);
    return nullptr;
  }
  UnlockOpening(state->file);
  state->references = 1;
  return state;
}

void LeaveMachine(EngineState& state) {
  // Without the lock we only leave: whoever opens next verifies what it finds.
  const bool alone = LockOpening(state.file, kClosingTimeoutMs) && !AnyProcessAlive(state);
  if (alone) {
    // What the dead left locked or half done is brought into order now, not by the next to come.
    { RunLock lock(state); }
    for (uint32_t i = 0; i <= state.shard_mask; i++) ShardLock lock(state, state.shards[i]);
    ReapDead(state);
  }
  LeaveRow(state);
  if (alone) {
    state.header->life = Life::kClean;
    state.header->bookkeeping_check = BookkeepingCheck(state);
  }
  UnlockOpening(state.file);
}

void CloseMachine(EngineState* state) {
  LeaveMachine(*state);
  Abandon(state);
}

void UnlinkMachine(EngineState& state) { UnlinkFile(state.file, state.name); }

bool BackFileRange(EngineState& state, Offset at, uint64_t bytes) {
  return BackRange(state.file, at, bytes);
}

void UnbackFileRange(EngineState& state, Offset at, uint64_t bytes) {
  UnbackRange(state.file, at, bytes);
}

#else

EngineState* OpenMachine(const Place&, const Options&, OpenReport* report) {
  report->status = OpenStatus::kUnsupported;
  return nullptr;
}
void LeaveMachine(EngineState&) {}
void CloseMachine(EngineState*) {}
void UnlinkMachine(EngineState&) {}
bool BackFileRange(EngineState&, Offset, uint64_t) { return false; }
void UnbackFileRange(EngineState&, Offset, uint64_t) {}

#endif

}  // namespace catzilla

// Engine: one bounded, expiring, thread-safe byte cache. The only header an embedder needs.
//
// Invariant: the resident arena (index, counters and bookkeeping included) never exceeds max_bytes.
// Threads: every method may be called from any thread at any time, except where it says otherwise.
// Ownership: Create and Open return one reference; the last Release of this process unmaps the
// arena, so hold a reference for as long as any pointer from generation_words(), visited_bytes(),
// Attach() or Lease() lives. Visibility: a read that starts after a write returned sees that write,
// in any thread and, with Scope::kMachine, in any process.
// Leaves to others: strings, JavaScript, timers and HTTP. Knows nothing of Node.
#ifndef CATZILLA_CACHE_ENGINE_H_
#define CATZILLA_CACHE_ENGINE_H_

#include <cstddef>
#include <cstdint>

#include "counters.h"

namespace catzilla {

struct EngineState;

enum class Policy : uint32_t { kS3Fifo = 0, kLru = 1 };
enum class Scope : uint32_t { kProcess = 0, kMachine = 1 };

inline constexpr int64_t kNever = (int64_t{1} << 48) - 1;

// Sizes in bytes, times in ms. Every field must be set; Create and Open say whether they fit
// together.
struct Options {
  uint64_t max_bytes = 64u << 20;       // 1 MiB or more: everything the arena may keep resident
  uint64_t reserve_bytes = 256u << 20;  // address space, the ceiling of Resize; >= max_bytes
  uint32_t max_key_bytes = 8192;        // 1 to 65535
  uint32_t max_value_bytes = 8u << 20;  // at most max_bytes / 4
  Policy policy = Policy::kS3Fifo;
  Scope scope = Scope::kProcess;
  double lease_share = 0.125;    // of max_bytes that leases may keep from reuse, 0 to 0.5
  int64_t default_ttl = kNever;  // not used by the engine; kept for its users
};

// Which options an opener insists on: a file that nobody has open and that differs in one of them
// starts anew. (Those who have it open decide; compare with options().)
enum Given : uint32_t {
  kGivenMaxBytes = 1,
  kGivenReserveBytes = 2,
  kGivenMaxKeyBytes = 4,
  kGivenMaxValueBytes = 8,
  kGivenPolicy = 16,
  kGivenLeaseShare = 32,
  kGivenTtl = 64,
};

// Where to open an engine. Without a name: a private one, of this process.
struct Place {
  const char* name = nullptr;  // of a process engine; for a machine engine the path of its file
  size_t size = 0;
  uint32_t given = 0;            // of Given; machine engines only
  int64_t lock_timeout_ms = 50;  // how long a call waits for another process; machine engines only
};

enum class OpenStatus : uint32_t {
  kOk,
  kBadOptions,
  kNoMemory,
  kUnsupported,       // this system has no mutexes that survive their owner
  kSystem,            // a call failed: OpenReport::error
  kNotOurs,           // the file is of another user, can be opened by others, or is no plain file
  kForeign,           // a file that is no arena; untouched
  kNoSpace,           // OpenReport: wanted, available
  kBusy,              // another process has been opening it for too long
  kOtherLayout,       // processes of another build have it open
  kOtherNamespace,    // processes of another pid namespace have it open
  kTooManyProcesses,  // 64 have it open
};

// How an engine came to be.
enum class Opened : uint32_t { kCreated, kAttached, kWarm, kRecovered, kRecreated };

struct OpenReport {
  OpenStatus status = OpenStatus::kOk;
  int error = 0;           // errno
  uint64_t wanted = 0;     // bytes; of kOtherLayout, kOtherNamespace: the file's; kBusy: ms waited
  uint64_t available = 0;  // bytes; likewise: which one is ours
};

enum class ReadStatus : uint32_t { kHit, kMiss, kTooSmall, kOverLimit };
enum class WriteStatus : uint32_t {
  kStored,
  kStoredInPlace,
  kTooLarge,
  kNoRoom,
  kLockTimeout,  // another process holds the lock and does not move
  kSince,        // invalidated or cleared since WriteOptions::since
  kVersion,      // the key was written since WriteOptions::version
};
enum class ResizeStatus : uint32_t { kOk, kBelowMinimum, kAboveReserve, kNoRoom };

// Expiry of an entry that never expires, in ms since the arena's epoch (48 bits, all ones).
inline constexpr int64_t kNeverExpires = kNever;
// Largest finite time to live Set and Touch accept, in ms.
inline constexpr int64_t kMaxTtl = int64_t{1} << 46;
inline constexpr uint64_t kMinBytes = 1u << 20;
inline constexpr uint32_t kMaxTags = 64;  // of one entry

// A key with its hash: compute it once with Engine::Hash and hand it to every call for that key.
struct Key {
  const uint8_t* data;
  uint32_t size;
  uint64_t hash;
};

struct ReadInfo {
  uint32_t size;             // bytes of the value, also with kTooSmall
  uint32_t frequency;        // 0..3: hits seen before this one since it entered its queue
  uint32_t generation_slot;  // index into generation_words() and visited_bytes()
  uint32_t generation;       // that word, read BEFORE the lookup: equal later means still current
  uint32_t tag_epoch;        // likewise, the low half of tag_epoch_word()
  bool tagged;               // current only while that one is unchanged too
  int64_t expires_at;        // ms since the arena's epoch, or kNeverExpires
};

// What a write may say beside key and value.
struct WriteOptions {
  int64_t ttl = kNever;            // ms, 1..kMaxTtl, or kNeverExpires
  const uint64_t* tags = nullptr;  // hashes by Engine::HashTag
  uint32_t tag_count = 0;          // at most kMaxTags
  bool has_since = false;
  uint64_t since = 0;  // an epoch: refuse if a tag was invalidated, or all cleared, after it
  bool has_version = false;
  uint64_t version = 0;  // by Engine::Version: refuse if it is another one by now
};

inline constexpr uint32_t kNoPin = 0xffffffffu;

// Bytes of the arena that stay as they are until Engine::Unlease(pin).
struct LeaseView {
  const uint8_t* data = nullptr;
  uint32_t pin = 0;
};

// What to keep of evicted entries.
struct RingOptions {
  uint64_t max_bytes = 4u << 20;  // 4096 or more, beside Options::max_bytes
  uint32_t min_reads = 1;         // 0 to 3: entries read less often since they came in are not kept
};

// An evicted entry.
struct EvictedView {
  const uint8_t* key;
  const uint8_t* value;
  uint32_t key_size;
  uint32_t value_size;
  int64_t expires_at;
  uint64_t
      version;  // the key's when it was evicted: another one by now means perhaps written since
};
using EvictedSink = void (*)(void* context, const EvictedView& evicted);

// Of the ring of this process. Counts since it was opened or the last ResetStats.
struct RingStats {
  uint64_t max_bytes;  // 0: there is none
  uint64_t bytes;      // of those that wait
  uint64_t waiting;
  uint64_t kept;       // that came in
  uint64_t dropped;    // of those, forgotten for newer ones
  uint64_t outdated;   // of those, dropped since they were no longer valid when it was their turn
  uint64_t too_large;  // did not come in
};

struct KeysCursor {
  uint32_t shard = 0;
  uint32_t position = 0;
};

struct Stats {
  CounterTotals counters;  // since the last ResetStats
  uint64_t entries;
  uint64_t bytes_max;          // the bound
  uint64_t bytes_used;         // meta + segments in use, <= bytes_max
  uint64_t bytes_live;         // keys, values and headers of stored entries
  uint64_t bytes_index;        // index pages in use
  uint64_t bytes_meta;         // header, counters, generations, ghost, segment table
  uint64_t bytes_large;        // runs of segments that hold one large value each
  uint64_t bytes_quarantined;  // given back but leased
  uint64_t segments;           // segments the bound allows
  uint64_t segments_free;
  uint64_t segment_bytes;
  uint32_t shards;
  uint32_t attached;  // counter blocks in use: isolates and native threads
  uint32_t processes;
  uint64_t leases;      // open
  uint64_t recoveries;  // mutexes taken over from processes that died
  uint64_t corrupt;     // values dropped because their checksum did not fit
  RingStats ring;
};

class Engine {
 public:
  // One reference to a new, private engine of this process. On failure nullptr.
  static Engine* Create(const Options& options, OpenStatus* status);
  // One reference to the engine of that name in this process, or of that file on this machine,
  // created when absent. Those who have it open decide on its options: compare with options() to
  // detect a contradiction. A process engine is forgotten with its last reference; a machine engine
  // stays in its file.
  static Engine* Open(const Place& place, const Options& options, OpenReport* report);
  // One more reference to the engine that this process has open under a name or path; nullptr:
  // none.
  static Engine* FindOpen(const char* name, size_t size);
  void Retain();
  void Release();

  const Options& options() const;  // as created; max_bytes follows Resize
  uint64_t max_bytes() const;
  // The memory that leases point into, from its start; its size never changes.
  const uint8_t* arena() const;
  uint64_t arena_bytes() const;
  static uint32_t layout_version();
  Opened opened() const;
  const char* opened_reason() const;  // why it was recreated, or nullptr
  bool Announce();  // true for the first caller: whoever is to say how it was opened
  // Removes the file's name: who has it open keeps it, who opens it gets a new one.
  void Unlink();

  // A block of event counters for one isolate or thread: one writer, summed by GetStats. Never
  // nullptr; beyond 128 a shared block, incremented atomically. Detach folds it into the totals.
  Counters* Attach();
  void Detach(Counters* counters);

  // 64-bit seeded hash of the key's bytes.
  uint64_t Hash(const uint8_t* key, uint32_t size) const;
  uint64_t HashTag(const uint8_t* tag, uint32_t size) const;

  // Copies the value to target when it fits into capacity. kTooSmall: info->size says what is
  // needed, nothing was written, nothing was counted. Counts a hit or miss and recency.
  // REQUIRES: no two threads share `counters`, `target` is writable for `capacity` bytes.
  ReadStatus Get(Counters* counters, const Key& key, uint8_t* target, uint32_t capacity,
                 ReadInfo* info);
  // The same without counting and without recency.
  ReadStatus Peek(const Key& key, uint8_t* target, uint32_t capacity, ReadInfo* info);
  // Metadata of a live entry (kHit or kMiss) without its bytes; no counting, no recency.
  ReadStatus Find(const Key& key, ReadInfo* info);
  // The value where it lies, kept from reuse until Unlease, whatever happens to the entry: kHit,
  // kMiss, or kOverLimit (leases keep as much as they may: copy). Counts and touches as Get does,
  // but kOverLimit does not. The bytes must not be written. Any thread may call Unlease, once.
  ReadStatus Lease(Counters* counters, const Key& key, LeaseView* view, ReadInfo* info);
  void Unlease(uint32_t pin);
  // Counts a copy that the caller handed out in place of a lease; ends with Unlease(kNoPin).
  void LeaseCopy(Counters* counters);
  // Counts a lease that nobody can release any more as leaked, not as open. Its bytes stay until
  // UnleaseLeaked.
  void LeakLease(Counters* counters);
  void UnleaseLeaked(uint32_t pin);

  // Stores a copy. Any result but kStored and kStoredInPlace is a refusal, and removes the entry
  // the key had: a cache may forget, but must not serve what was to be replaced. kVersion alone
  // leaves it: what is there is newer than what was to be stored.
  // REQUIRES: key.size <= max_key_bytes.
  WriteStatus Set(Counters* counters, const Key& key, const uint8_t* value, uint64_t size,
                  const WriteOptions& options);
  // 53 bits that another Set, Delete or Touch of the key, or a Clear, changes before it returns, in
  // any thread or process, whether there is an entry or not; now and then also the write of another
  // key. For WriteOptions::version.
  uint64_t Version(const Key& key) const;
  // Whether a live entry was removed.
  bool Delete(Counters* counters, const Key& key);
  // Gives a live entry a new time to live from now; false when there is none. ttl as in Set.
  bool Touch(Counters* counters, const Key& key, int64_t ttl);
  // Removes everything; entries and live bytes are 0 when no writer runs beside it. What a stopped
  // process has locked is void at once, and goes when it moves on.
  void Clear();
  // Makes void, for every thread, what was stored with that tag before. Never waits. The memory for
  // it is bounded: when it is full, old notes go, and what was tagged before them is void too.
  void InvalidateTag(uint64_t tag);
  // Rises with each InvalidateTag and Clear; see WriteOptions::since.
  uint64_t Epoch() const;

  // Hands every live key with the prefix in the next part of the index to sink and moves the
  // cursor; false when the end was reached. A key stored throughout the iteration is seen once.
  // sink runs under a shard lock: it may only copy, never call the engine. Keys of a shard that a
  // stopped process has locked are left out.
  bool Keys(KeysCursor* cursor, const uint8_t* prefix, uint32_t prefix_size,
            void (*sink)(void* context, const uint8_t* key, uint32_t size), void* context);

  // From now on what this process evicts for want of room is kept for DrainEvicted, as far as
  // `options` say; those of the first caller hold for later ones and are left in *actual. Each true
  // needs one IgnoreEvicted, the last of which forgets what waits. False: no memory.
  bool KeepEvicted(const RingOptions& options, RingOptions* actual);
  void IgnoreEvicted();
  // Room for what waits, but about max_bytes at most; at least for one entry. 0: nothing waits.
  uint64_t EvictedRoom(uint64_t max_bytes);
  // Hands out what waits and is still valid, oldest first, as far as it fits into `room`, where an
  // entry takes at least 40 bytes beside key and value; how many it were. Each is handed out once.
  // sink runs under a lock that evictions need: it may only copy, never call the engine.
  uint32_t DrainEvicted(uint64_t room, EvictedSink sink, void* context);

  // True for one caller per interval over all threads: that one then calls Sweep.
  bool ClaimSweep(int64_t interval_ms);
  // Removes expired entries for at most budget_us microseconds; returns how many.
  uint64_t Sweep(Counters* counters, int64_t budget_us);

  // New bound. Shrinking evicts and gives pages back to the system.
  ResizeStatus Resize(Counters* counters, uint64_t max_bytes);

  void GetStats(Stats* stats) const;
  void ResetStats();

  // Words that change whenever a write touches any key that maps to them; a cached copy is current
  // while the word it was read under is unchanged. Read them atomically.
  uint32_t* generation_words() const;
  uint32_t generation_count() const;  // a power of two; slot = hash & (count - 1)
  // The 64-bit word behind the last generation word: an entry with tags is current only while its
  // low half is what it was read under, too.
  const uint64_t* tag_epoch_word() const;
  // Set byte [slot] to 1 when a copy outside the engine was used: counts as recency for eviction.
  uint8_t* visited_bytes() const;

  // ms since the arena's epoch by the monotonic clock; the coarse one may lag by a tick (4 ms).
  int64_t Now() const;
  int64_t CoarseNow() const;
  // Tests only: fixes both clocks at `now` ms; -1 returns to the system's.
  void SetTestClock(int64_t now);

 private:
  static Engine* Wrap(EngineState* state, OpenStatus* status);
  explicit Engine(EngineState* state) : state_(state) {}
  ~Engine() = default;
  EngineState* state_;
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_ENGINE_H_

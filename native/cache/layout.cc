#include "layout.h"

#include "checksum.h"
#include "ghost.h"
#include "item.h"
#include "memory.h"

namespace catzilla {

namespace {

constexpr uint64_t kMinSegment = 16u << 10;
constexpr uint64_t kMaxSegment = 1u << 20;
constexpr uint64_t kMaxArena = uint64_t{1} << 44;  // what 41 bits of 8 B units can address
constexpr uint32_t kSegmentsPerShard = 32;         // fewer would make the queues too coarse
constexpr uint32_t kMaxDirectoryBits = 16;   // leaves 4 tag bits of 20 to tell keys of a page apart
constexpr uint64_t kTagBytesPerNote = 2048;  // one note per so many cache bytes

uint64_t FloorPowerOfTwo(uint64_t value) {
  uint64_t power = 1;
  while (power <= value / 2) power *= 2;
  return power;
}

uint64_t RoundUp(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

uint32_t Log2(uint64_t power) {
  uint32_t bits = 0;
  while (power > 1) {
    power >>= 1;
    bits++;
  }
  return bits;
}

// Entries of 64 B and pages at half load are the densest use the directory is sized for.
uint32_t DirectoryBits(uint64_t shard_bytes) {
  const uint64_t pages = shard_bytes / 64 / (kBucketsPerPage * kSlotsPerBucket / 2);
  const uint32_t bits = Log2(FloorPowerOfTwo(pages + 1)) + 2;
  if (bits < 4) return 4;
  return bits > kMaxDirectoryBits ? kMaxDirectoryBits : bits;
}

}  // namespace

bool ComputeGeometry(const Options& options, uint64_t page_bytes, Geometry* geometry) {
  if (options.max_bytes < kMinBytes || options.max_bytes > kMaxArena / 4) return false;
  if (options.reserve_bytes < options.max_bytes || options.reserve_bytes > kMaxArena) return false;
  if (options.max_key_bytes < 1 || options.max_key_bytes > 65535) return false;
  if (options.max_value_bytes > options.max_bytes / 4) return false;
  if (!(options.lease_share >= 0 && options.lease_share <= 0.5)) return false;

  uint64_t segment = FloorPowerOfTwo(options.max_bytes / 256);
  if (segment < kMinSegment) segment = kMinSegment;
  if (segment > kMaxSegment) segment = kMaxSegment;
  if (segment < page_bytes) segment = page_bytes;
  geometry->segment_shift = Log2(segment);

  const uint64_t by_size = options.max_bytes / segment / kSegmentsPerShard;
  uint64_t shards = options.max_bytes < (8u << 20) || by_size == 0 ? 1 : FloorPowerOfTwo(by_size);
  if (shards > kMaxShards) shards = kMaxShards;
  geometry->shards = static_cast<uint32_t>(shards);

  // 65,536 generation words per 64 MiB.
  geometry->generations = static_cast<uint32_t>(FloorPowerOfTwo(options.max_bytes >> 10));
  geometry->directory_bits = DirectoryBits(options.reserve_bytes / shards);
  geometry->ghost_buckets = static_cast<uint32_t>(
      FloorPowerOfTwo(options.max_bytes / shards / kGhostBytesPerEntry / kGhostWays));
  geometry->segment_count = static_cast<uint32_t>(options.reserve_bytes / segment);
  geometry->tag_buckets =
      static_cast<uint32_t>(FloorPowerOfTwo(options.max_bytes / kTagBytesPerNote / kTagWays));
  geometry->processes = options.scope == Scope::kMachine ? kMaxProcesses : 1;

  uint64_t at = 0;
  const auto place = [&at](uint64_t bytes) {
    const uint64_t start = at;
    at = RoundUp(at + bytes, 128);
    return start;
  };
  place(sizeof(Header));
  geometry->processes_at = place(geometry->processes * sizeof(Process));
  geometry->shards_at = place(shards * sizeof(Shard));
  geometry->counters_at = place(kCounterBlocks * sizeof(Counters));
  // The tag epoch stands behind the generation words, so that one view shows both.
  geometry->generations_at =
      place(uint64_t{geometry->generations} * sizeof(uint32_t) + sizeof(uint64_t));
  geometry->visited_at = place(geometry->generations);
  geometry->tags_at = place(uint64_t{geometry->tag_buckets} * kTagWays * sizeof(uint64_t));
  geometry->directories_at = place((shards << geometry->directory_bits) * sizeof(uint32_t));
  geometry->ghosts_at = place(shards * geometry->ghost_buckets * kGhostWays * sizeof(uint16_t));
  geometry->pins_at =
      place(uint64_t{geometry->processes} * geometry->segment_count * sizeof(uint16_t));
  geometry->segments_at = place(uint64_t{geometry->segment_count} * sizeof(Segment));
  geometry->meta_bytes = RoundUp(at, page_bytes > kPageBytes ? page_bytes : kPageBytes);
  geometry->arena_bytes = geometry->meta_bytes + uint64_t{geometry->segment_count} * segment;
  // Each shard needs an open segment for either log, one for its index, and one to move into.
  return SegmentsFor(*geometry, options.max_bytes) >= shards * 4;
}

uint32_t LayoutCheck() {
#if defined(__GLIBC__)
  constexpr uint64_t kLibc = 1;
#else
  constexpr uint64_t kLibc = 2;
#endif
  const uint64_t facts[] = {sizeof(Header),     sizeof(Process), sizeof(Shard),
                            sizeof(Segment),    sizeof(Bucket),  sizeof(Item),
                            sizeof(ArenaMutex), sizeof(void*),   sizeof(Counters),
                            PageBytes(),        kLibc,           0x0102030405060708u};
  return Crc32c(0, facts, sizeof(facts));
}

}  // namespace catzilla

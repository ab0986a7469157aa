// Table: what one writes without an engine, for churn.cc to measure: a bounded hash table of single
// blocks from allocator.h, one for each entry. When the bound is passed the oldest entries go.
//
// Invariant: a shard's live bytes (keys and values) are at most its part of the bound.
// Threads: any; a shard's mutex guards its chains. Blocks are taken before and given back after it
// is held, and mostly by another thread than the one that took them.
#ifndef CATZILLA_CACHE_BENCH_TABLE_H_
#define CATZILLA_CACHE_BENCH_TABLE_H_

#include <cstdint>
#include <cstring>

#include "../allocator.h"
#include "../hash.h"
#include "../mutex.h"

namespace catzilla_bench {

class Table {
 public:
  // Bound in bytes of keys and values; room for `entries` without long chains.
  bool Open(uint64_t bound, uint32_t entries) {
    buckets_ = 1;
    while (buckets_ * kShards < entries) buckets_ *= 2;
    for (Shard& shard : shards_) {
      shard.bound = bound / kShards;
      shard.chains = static_cast<Node**>(catzilla::AllocateZeroed(buckets_ * sizeof(Node*)));
      if (shard.chains == nullptr) return false;
    }
    return true;
  }

  bool Set(const uint8_t* key, uint32_t key_size, const uint8_t* value, uint32_t size) {
    const uint64_t hash = catzilla::HashBytes(key, key_size, kSeed);
    Node* const node =
        static_cast<Node*>(catzilla::Allocate(sizeof(Node) + uint64_t{key_size} + size));
    if (node == nullptr) return false;
    *node = Node{nullptr, nullptr, nullptr, hash, key_size, size};
    std::memcpy(node->bytes(), key, key_size);
    std::memcpy(node->bytes() + key_size, value, size);
    Shard& shard = ShardOf(hash);
    Node* gone = nullptr;
    {
      catzilla::MutexLock lock(shard.mutex);
      if (Node** const link = Find(shard, hash, key, key_size)) Remove(shard, link, &gone);
      Node** const chain = ChainOf(shard, hash);
      node->chain = *chain;
      *chain = node;
      node->newer = nullptr;
      node->older = shard.newest;
      (shard.newest != nullptr ? shard.newest->newer : shard.oldest) = node;
      shard.newest = node;
      shard.live += node->live();
      while (shard.live > shard.bound && shard.oldest != node) {
        Node* const oldest = shard.oldest;
        Remove(shard, Find(shard, oldest->hash, oldest->bytes(), oldest->key_size), &gone);
      }
    }
    FreeAll(gone);
    return true;
  }

  bool Delete(const uint8_t* key, uint32_t key_size) {
    const uint64_t hash = catzilla::HashBytes(key, key_size, kSeed);
    Shard& shard = ShardOf(hash);
    Node* gone = nullptr;
    {
      catzilla::MutexLock lock(shard.mutex);
      if (Node** const link = Find(shard, hash, key, key_size)) Remove(shard, link, &gone);
    }
    FreeAll(gone);
    return gone != nullptr;
  }

  // Copies the value to `target`, which is large enough; its size, or -1 for a miss.
  int64_t Get(const uint8_t* key, uint32_t key_size, uint8_t* target) {
    const uint64_t hash = catzilla::HashBytes(key, key_size, kSeed);
    Shard& shard = ShardOf(hash);
    catzilla::MutexLock lock(shard.mutex);
    Node** const link = Find(shard, hash, key, key_size);
    if (link == nullptr) return -1;
    std::memcpy(target, (*link)->bytes() + key_size, (*link)->size);
    return (*link)->size;
  }

  // REQUIRES: no writer beside it.
  uint64_t LiveBytes() const {
    uint64_t live = 0;
    for (const Shard& shard : shards_) live += shard.live;
    return live;
  }

 private:
  static constexpr uint32_t kShards = 16;
  static constexpr uint64_t kSeed = 0x5eed;

  struct Node {
    Node* chain;
    Node* older;
    Node* newer;
    uint64_t hash;
    uint32_t key_size;
    uint32_t size;
    uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
    uint64_t live() const { return uint64_t{key_size} + size; }
  };

  struct alignas(64) Shard {
    catzilla::Mutex mutex;
    Node** chains = nullptr;
    Node* oldest = nullptr;
    Node* newest = nullptr;
    uint64_t live = 0;
    uint64_t bound = 0;
  };

  Shard& ShardOf(uint64_t hash) { return shards_[hash >> 60]; }
  Node** ChainOf(Shard& shard, uint64_t hash) { return &shard.chains[hash & (buckets_ - 1)]; }

  // The link that points to the entry, or nullptr.
  Node** Find(Shard& shard, uint64_t hash, const uint8_t* key, uint32_t key_size) {
    for (Node** link = ChainOf(shard, hash); *link != nullptr; link = &(*link)->chain) {
      Node* const node = *link;
      if (node->hash == hash && node->key_size == key_size &&
          std::memcmp(node->bytes(), key, key_size) == 0) {
        return link;
      }
    }
    return nullptr;
  }

  // Takes the entry out of its chain and its age, and puts it in front of `gone`.
  void Remove(Shard& shard, Node** link, Node** gone) {
    Node* const node = *link;
    *link = node->chain;
    (node->older != nullptr ? node->older->newer : shard.oldest) = node->newer;
    (node->newer != nullptr ? node->newer->older : shard.newest) = node->older;
    shard.live -= node->live();
    node->chain = *gone;
    *gone = node;
  }

  static void FreeAll(Node* node) {
    while (node != nullptr) {
      Node* const next = node->chain;
      catzilla::Free(node);
      node = next;
    }
  }

  Shard shards_[kShards];
  uint64_t buckets_ = 0;
};

}  // namespace catzilla_bench

#endif  // CATZILLA_CACHE_BENCH_TABLE_H_

// A table: one generation of an application's routes, as tries by method, and the answers known
// ahead.
//
// Invariant: immutable once it is in a slot. Routes are numbered over all methods: a trie's own
// number plus the number of routes of the methods before it. Ownership: a table owns its tries and
// the bytes of its plans. Threads: any number may read.
#ifndef CATZILLA_ROUTER_TABLE_H_
#define CATZILLA_ROUTER_TABLE_H_

#include <algorithm>

#include "include/catzilla_router.h"
#include "trie.h"

namespace catz::router {

static_assert(kMaxParams == CATZ_ROUTER_MAX_PARAMS);

class Table {
 public:
  static constexpr uint32_t kMaxMethods = 64;
  static constexpr uint32_t kMaxMethodName = 23;

  // Room for `plans` plans; nullptr when there is no memory.
  static std::unique_ptr<Table> Make(uint32_t generation, uint32_t plans) {
    std::unique_ptr<Table> table(new (std::nothrow) Table(generation));
    if (table == nullptr) return nullptr;
    table->plans_.reset(new (std::nothrow) Planned[plans]);
    if (table->plans_ == nullptr) return nullptr;
    table->plan_room_ = plans;
    return table;
  }

  // False when there is no room for another method, its name is too long, or it is there already.
  bool AddMethod(std::string_view name, Trie trie) {
    if (method_count_ == kMaxMethods || name.size() > kMaxMethodName || Method(name) != nullptr) {
      return false;
    }
    Entry& entry = methods_[method_count_++];
    entry.name_length = static_cast<uint32_t>(name.size());
    std::memcpy(entry.name, name.data(), name.size());
    entry.first_route = route_count_;
    route_count_ += trie.routes();
    entry.trie.emplace(std::move(trie));
    return true;
  }

  // Routes in ascending order, each once; copies the bytes. False: no such route, order, or memory.
  bool AddPlan(uint32_t route, uint32_t status, std::string_view head, std::string_view body,
               std::string_view etag) {
    if (route >= route_count_ || plan_count_ == plan_room_ ||
        (plan_count_ > 0 && plans_[plan_count_ - 1].route >= route)) {
      return false;
    }
    constexpr size_t kMaxBytes = uint32_t{1} << 31;
    if (head.size() > kMaxBytes || body.size() > kMaxBytes || etag.size() > kMaxBytes) return false;
    Planned& planned = plans_[plan_count_];
    planned.bytes.reset(new (std::nothrow) uint8_t[head.size() + body.size() + etag.size() + 1]);
    if (planned.bytes == nullptr) return false;
    uint8_t* at = planned.bytes.get();
    const auto append = [&at](std::string_view text) {
      const uint8_t* const begin = at;
      at = std::copy(text.begin(), text.end(), at);
      return begin;
    };
    planned.route = route;
    planned.plan.status = status;
    planned.plan.head_length = static_cast<uint32_t>(head.size());
    planned.plan.body_length = static_cast<uint32_t>(body.size());
    planned.plan.etag_length = static_cast<uint32_t>(etag.size());
    planned.plan.head = append(head);
    planned.plan.body = append(body);
    planned.plan.etag = append(etag);
    plan_count_++;
    return true;
  }

  uint32_t generation() const { return generation_; }
  // Where it stands in its slot, for an interface that hands out nothing but the table.
  uint32_t cell() const { return cell_; }
  uint32_t route_count() const { return route_count_; }

  // A method that has no routes is a miss, as in find-my-way; a table without methods knows
  // nothing.
  void Find(std::string_view method, std::string_view target, Match* out) const noexcept {
    const Entry* const entry = Method(method);
    if (entry == nullptr) {
      out->verdict = method_count_ == 0 ? Verdict::kDefer : Verdict::kMiss;
      out->reason = method_count_ == 0 ? DeferReason::kNoTable : DeferReason::kNone;
      return;
    }
    entry->trie->Find(target, out);
    if (out->verdict == Verdict::kHit) out->route += entry->first_route;
  }

  const catz_router_plan* Plan(uint32_t route) const noexcept {
    const Planned* const begin = plans_.get();
    const Planned* const end = begin + plan_count_;
    const Planned* const found = std::lower_bound(
        begin, end, route, [](const Planned& one, uint32_t wanted) { return one.route < wanted; });
    return found == end || found->route != route ? nullptr : &found->plan;
  }

 private:
  struct Entry {
    char name[kMaxMethodName + 1];
    uint32_t name_length;
    uint32_t first_route;
    std::optional<Trie> trie;
  };
  struct Planned {
    uint32_t route;
    catz_router_plan plan;
    std::unique_ptr<uint8_t[]> bytes;
  };

  explicit Table(uint32_t generation) : generation_(generation) {}

  const Entry* Method(std::string_view name) const {
    for (uint32_t i = 0; i < method_count_; i++) {
      if (std::string_view(methods_[i].name, methods_[i].name_length) == name) return &methods_[i];
    }
    return nullptr;
  }

  friend class TableSlot;

  uint32_t generation_;
  uint32_t cell_ = 0;  // set once, before it is published
  uint32_t method_count_ = 0;
  uint32_t route_count_ = 0;
  uint32_t plan_count_ = 0;
  uint32_t plan_room_ = 0;
  std::unique_ptr<Planned[]> plans_;
  Entry methods_[kMaxMethods];
};

}  // namespace catz::router

#endif  // CATZILLA_ROUTER_TABLE_H_

// The functions behind include/catzilla_router.h.
#ifndef CATZILLA_ROUTER_ABI_IMPL_H_
#define CATZILLA_ROUTER_ABI_IMPL_H_

#include "slot.h"

namespace catz::router {

namespace abi {

inline TableSlot* Slot(catz_router_slot* slot) { return reinterpret_cast<TableSlot*>(slot); }
inline const Table* Pinned(const catz_router_table* table) {
  return reinterpret_cast<const Table*>(table);
}

inline void Retain(catz_router_slot* slot) { Slot(slot)->Retain(); }
inline void Release(catz_router_slot* slot) { Slot(slot)->Release(); }

inline const catz_router_table* Acquire(catz_router_slot* slot) {
  const TableSlot::Pin pin = Slot(slot)->Acquire();
  // Nobody could give this pin back.
  if (pin.table == nullptr) Slot(slot)->Unpin(pin);
  return reinterpret_cast<const catz_router_table*>(pin.table);
}

inline void Unpin(catz_router_slot* slot, const catz_router_table* table) {
  Slot(slot)->Unpin({Pinned(table)->cell(), Pinned(table)});
}

inline uint32_t Generation(const catz_router_table* table) { return Pinned(table)->generation(); }

inline void Find(const catz_router_table* table, const char* method, uint32_t method_length,
                 const char* target, uint32_t target_length, catz_router_match* out) {
  Match match;
  Pinned(table)->Find({method, method_length}, {target, target_length}, &match);
  out->verdict = static_cast<int32_t>(match.verdict);
  if (match.verdict == Verdict::kDefer) out->reason = static_cast<uint32_t>(match.reason);
  if (match.verdict != Verdict::kHit) return;
  out->route = match.route;
  out->param_count = match.param_count;
  out->path_end = match.path_end;
  for (uint32_t i = 0; i < match.param_count; i++) {
    out->params[i] = {match.params[i].begin, match.params[i].end};
  }
}

inline const catz_router_plan* Plan(const catz_router_table* table, uint32_t route) {
  return Pinned(table)->Plan(route);
}

}  // namespace abi

// The table of functions for one slot; the caller holds a reference to it.
inline catz_router AbiOf(TableSlot* slot) {
  return {CATZ_ROUTER_ABI_VERSION,
          sizeof(catz_router),
          reinterpret_cast<catz_router_slot*>(slot),
          abi::Retain,
          abi::Release,
          abi::Acquire,
          abi::Unpin,
          abi::Generation,
          abi::Find,
          abi::Plan};
}

}  // namespace catz::router

#endif  // CATZILLA_ROUTER_ABI_IMPL_H_

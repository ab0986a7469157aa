// Leases: which pins a handle holds, and the arena's memory as JavaScript sees it.
//
// Invariant: an id names one open lease until it is released; 0 names none. Ids are reused. Views
// of the arena ("regions") are made on first use, each a gibibyte and as much beyond as one value
// may reach, so that every lease lies within one. Threads: one isolate's.
#ifndef CATZILLA_BINDING_LEASES_H_
#define CATZILLA_BINDING_LEASES_H_

#include <node_api.h>

#include <cstdint>

#include "../../../native/cache/engine.h"

namespace catzilla {

inline constexpr uint64_t kRegionBytes = uint64_t{1} << 30;

class Leases {
 public:
  // An id for the pin (kNoPin: a copy); 0 when there is no memory for one more.
  uint32_t Add(uint32_t pin);
  // Ends an id and gives its pin back; false when it names none.
  bool Release(uint32_t id, Engine* engine);
  // Says that nobody can release an id any more; false when it names none. A copy ends with it.
  bool Leak(uint32_t id, Engine* engine, Counters* counters);
  uint32_t open() const { return open_; }
  // Gives every pin back.
  void ReleaseAll(Engine* engine);
  void Free();

  // The view of a region as an ArrayBuffer; nullptr where the runtime forbids external buffers.
  napi_value Region(napi_env env, Engine* engine, uint32_t number);
  // Makes all views empty.
  void DetachRegions(napi_env env);

 private:
  enum class Is : uint32_t { kFree, kOpen, kLeaked };
  // Free ones are linked through `pin`.
  struct Slot {
    uint32_t pin;
    Is is;
  };
  bool IsOpen(uint32_t id) const;
  void Recycle(uint32_t id);
  Slot* slots_ = nullptr;
  uint32_t size_ = 0;
  uint32_t used_ = 0;
  uint32_t free_ = 0;  // id; 0 = none
  uint32_t open_ = 0;
  napi_ref* regions_ = nullptr;
  uint32_t region_count_ = 0;
};

}  // namespace catzilla

#endif  // CATZILLA_BINDING_LEASES_H_

// Implements leases.h.
#include "leases.h"

#include "../../../native/cache/allocator.h"

namespace catzilla {

uint32_t Leases::Add(uint32_t pin) {
  uint32_t id = free_;
  if (id != 0) {
    free_ = slots_[id - 1].pin;
  } else {
    if (used_ == size_) {
      const uint32_t size = size_ == 0 ? 16 : size_ * 2;
      Slot* const grown = static_cast<Slot*>(Reallocate(slots_, size * sizeof(Slot)));
      if (grown == nullptr) return 0;
      slots_ = grown;
      size_ = size;
    }
    id = ++used_;
  }
  slots_[id - 1] = Slot{pin, Is::kOpen};
  open_++;
  return id;
}

bool Leases::IsOpen(uint32_t id) const {
  return id != 0 && id <= used_ && slots_[id - 1].is == Is::kOpen;
}

void Leases::Recycle(uint32_t id) {
  slots_[id - 1] = Slot{free_, Is::kFree};
  free_ = id;
  open_--;
}

bool Leases::Release(uint32_t id, Engine* engine) {
  if (!IsOpen(id)) return false;
  engine->Unlease(slots_[id - 1].pin);
  Recycle(id);
  return true;
}

bool Leases::Leak(uint32_t id, Engine* engine, Counters* counters) {
  if (!IsOpen(id)) return false;
  engine->LeakLease(counters);
  if (slots_[id - 1].pin == kNoPin) {
    Recycle(id);
  } else {
    slots_[id - 1].is = Is::kLeaked;
  }
  return true;
}

void Leases::ReleaseAll(Engine* engine) {
  for (uint32_t id = 1; id <= used_; id++) {
    const Slot slot = slots_[id - 1];
    if (slot.is == Is::kOpen) engine->Unlease(slot.pin);
    if (slot.is == Is::kLeaked) engine->UnleaseLeaked(slot.pin);
    if (slot.is != Is::kFree) Recycle(id);
  }
}

void Leases::Free() {
  catzilla::Free(slots_);
  catzilla::Free(regions_);
  slots_ = nullptr;
  regions_ = nullptr;
  size_ = used_ = free_ = region_count_ = 0;
}

napi_value Leases::Region(napi_env env, Engine* engine, uint32_t number) {
  const uint64_t arena = engine->arena_bytes();
  if (regions_ == nullptr) {
    region_count_ = static_cast<uint32_t>((arena + kRegionBytes - 1) / kRegionBytes);
    regions_ = static_cast<napi_ref*>(AllocateZeroed(region_count_ * sizeof(napi_ref)));
  }
  if (regions_ == nullptr || number >= region_count_) return nullptr;
  napi_value view = nullptr;
  if (regions_[number] != nullptr) {
    napi_get_reference_value(env, regions_[number], &view);
    return view;
  }
  const uint64_t start = number * kRegionBytes;
  uint64_t size = kRegionBytes + engine->options().max_value_bytes;
  if (size > arena - start) size = arena - start;
  // Only read: a lease's bytes are not to be written.
  uint8_t* const base = const_cast<uint8_t*>(engine->arena());
  if (napi_create_external_arraybuffer(env, base + start, size, nullptr, nullptr, &view) !=
          napi_ok ||
      napi_create_reference(env, view, 1, &regions_[number]) != napi_ok) {
    return nullptr;
  }
  return view;
}

void Leases::DetachRegions(napi_env env) {
  for (uint32_t i = 0; i < region_count_; i++) {
    if (regions_[i] == nullptr) continue;
    napi_value view = nullptr;
    if (napi_get_reference_value(env, regions_[i], &view) == napi_ok && view != nullptr) {
      napi_detach_arraybuffer(env, view);
    }
    napi_delete_reference(env, regions_[i]);
    regions_[i] = nullptr;
  }
}

}  // namespace catzilla

// Fate: what an eviction policy decides about an item that leaves a segment.
#ifndef CATZILLA_CACHE_FATE_H_
#define CATZILLA_CACHE_FATE_H_

#include "layout.h"

namespace catzilla {

struct Fate {
  bool keep;           // appended to the main log, with this frequency
  uint32_t frequency;  // 0..3
  bool remember;       // leave a fingerprint in the ghost
};

}  // namespace catzilla

#endif  // CATZILLA_CACHE_FATE_H_

// Handle: one opened cache of one isolate. Registry: what all isolates of the process share about
// an engine and the engine itself does not know.
//
// Invariant: a Handle holds one reference to its engine until it is closed; `engine` is nullptr
// afterwards. It is closed once: by close(), by the isolate's end, or when nothing in JavaScript
// can reach it any more. Leases outlive close(): memory that may be on its way to a socket stays
// until the last one is released, or the isolate ends.
// Threads: a Handle belongs to one isolate. The registry is guarded by its mutex, which is taken
// only to open, close and count isolates.
#ifndef CATZILLA_BINDING_HANDLE_H_
#define CATZILLA_BINDING_HANDLE_H_

#include <node_api.h>

#include <cstdint>

#include "../../../native/cache/abi.h"
#include "../../../native/cache/engine.h"
#include "leases.h"
#include "text.h"

namespace catzilla {

// What an isolate needs once: the memory for strings on their way to the engine.
struct Environment {
  TextScratch key;
  TextScratch value;
};

// Indices into the words that a native call leaves for JavaScript, the same as in addon.ts:
// one double, then 32-bit integers from byte 8 on.
enum Word : uint32_t {
  kWordSize,
  kWordSlot,
  kWordGeneration,
  kWordFrequency,
  kWordNearOffset,
  kWordPosition,  // of a batch: how many entries were done
  kWordMore,      // of a batch: what became of the next one; 0 = all were done
  kWordPassOver,  // written by JavaScript: hot reads that go by before one is admitted
  kWordTagged,
  kWordTagEpoch,
  kWordLease,   // what release() is given
  kWordRegion,  // of the arena, and the bytes of the lease from its start in the double
  kWordCount
};
inline constexpr size_t kWordBytes = 8 + 4 * kWordCount;

// Memory of JavaScript that native calls write to; kept alive by a strong reference.
struct Chunk {
  napi_ref reference = nullptr;
  uint8_t* data = nullptr;
  uint32_t size = 0;
  uint32_t used = 0;
};

struct Handle {
  Engine* engine = nullptr;
  Counters* counters = nullptr;
  Environment* environment = nullptr;
  napi_env env = nullptr;
  uint32_t max_key_bytes = 0;
  bool has_near = false;
  bool keeps_evicted = false;
  uint32_t near_limit = 0;  // largest value for the near chunk
  double* expires_at = nullptr;
  int32_t* words = nullptr;
  Chunk read;
  Chunk near_;
  napi_ref words_reference = nullptr;
  napi_ref views[3] = {nullptr, nullptr, nullptr};  // the arena's memory as ArrayBuffers
  catz_abi* abi = nullptr;  // once it was asked for: what the external holds
  napi_ref abi_reference = nullptr;
  Leases leases;
  Engine* lease_engine = nullptr;  // held by a closed handle whose leases are not all released
  uint32_t functions = 0;          // JavaScript functions that still may call with this handle
};

// Opens an engine and attaches `env` to it; nullptr with the reason in *report. An empty name means
// a private engine. *counters_shared: another isolate counts into the same block.
Handle* OpenHandle(napi_env env, const Place& place, const Options& options, bool* counters_shared,
                   OpenReport* report);

// Lets go of the engine; later calls do nothing. With `detach` the views of the arena become empty:
// JavaScript may still hold them, and the memory may be gone. Not at the isolate's end, when no
// JavaScript runs any more, and every lease is released instead.
void CloseHandle(Handle* handle, bool detach);
// Lets go of what a closed handle kept for leases, once there are none.
void FinishLeases(Handle* handle);

// How many isolates have the engine open.
uint32_t CountIsolates(const Engine* engine);

}  // namespace catzilla

#endif  // CATZILLA_BINDING_HANDLE_H_

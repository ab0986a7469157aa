// Handle: one opened cache of one isolate. Registry: what all isolates of the process share about
// an engine and the engine itself does not know.
//
// Invariant: a Handle holds one reference to its engine until it is closed; `engine` is nullptr
// afterwards. It is closed once: by close(), by the isolate's end, or when nothing in JavaScript
// can reach it any more.
// Threads: a Handle belongs to one isolate. The registry is guarded by its mutex, which is taken
// only to open, close and count isolates.
#ifndef CATZILLA_BINDING_HANDLE_H_
#define CATZILLA_BINDING_HANDLE_H_

#include <node_api.h>

#include <cstdint>

#include "../../../native/cache/engine.h"
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
  kWordShard,
  kWordPosition,
  kWordMore,
  kWordPassOver,  // written by JavaScript: hot reads that go by before one is admitted
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
  int64_t default_ttl = kNeverExpires;
  uint32_t max_key_bytes = 0;
  bool has_near = false;
  uint32_t near_limit = 0;  // largest value for the near chunk
  double* expires_at = nullptr;
  int32_t* words = nullptr;
  Chunk read;
  Chunk near_;
  napi_ref words_reference = nullptr;
  napi_ref views[3] = {nullptr, nullptr, nullptr};  // the arena's memory as ArrayBuffers
  uint32_t functions = 0;  // JavaScript functions that still may call with this handle
};

// Opens an engine and attaches `env` to it; nullptr with the reason in *status. An empty name means
// a private engine. *counters_shared: another isolate counts into the same block.
Handle* OpenHandle(napi_env env, const char* name, size_t name_size, const Options& options,
                   int64_t default_ttl, bool* counters_shared, OpenStatus* status);

// Lets go of the engine; later calls do nothing. With `detach` the views of the arena become empty:
// JavaScript may still hold them, and the memory may be gone. Not at the isolate's end, when no
// JavaScript runs any more.
void CloseHandle(Handle* handle, bool detach);

// How many isolates have the engine open.
uint32_t CountIsolates(const Engine* engine);

}  // namespace catzilla

#endif  // CATZILLA_BINDING_HANDLE_H_

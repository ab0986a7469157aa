// Functions: what JavaScript calls on an opened cache. One C function each, with its Handle as
// data.
//
// Invariant: no function throws, keeps a pointer into an argument, or runs JavaScript. A result is
// one small integer; what does not fit into it is left in the handle's words.
#ifndef CATZILLA_BINDING_FUNCTIONS_H_
#define CATZILLA_BINDING_FUNCTIONS_H_

#include <node_api.h>

#include "handle.h"

namespace catzilla {

// Results below zero, the same as in addon.ts.
enum Result : int32_t {
  kMiss = -1,
  kTooSmall = -2,  // kWordSize: bytes needed
  kNear = -3,      // copied to the near chunk: size, slot, generation, offset, expiry
  kNearFull = -4,  // the same, but in the read chunk, since the near chunk is full
  kBadKey = -5,
  kLongKey = -6,  // kWordSize: bytes (at least)
  kClosed = -7,
  kBadValue = -8,
  kBadTarget = -9,
  kNoScratch = -10,
  kCopyLease = -11,  // leases keep as much as they may: copy
  kBadTag = -12,
};

// Leaves what a read found in the handle's words.
void LeaveRecord(Handle* handle, const ReadInfo& info);

// Defines every function on `object` with `handle` as data. Each keeps the handle alive.
napi_status DefineFunctions(napi_env env, napi_value object, Handle* handle);

namespace read {
napi_value Get(napi_env env, napi_callback_info info);
napi_value GetRecord(napi_env env, napi_callback_info info);
napi_value GetInto(napi_env env, napi_callback_info info);
napi_value Peek(napi_env env, napi_callback_info info);
napi_value PeekInto(napi_env env, napi_callback_info info);
napi_value GetMany(napi_env env, napi_callback_info info);
napi_value Has(napi_env env, napi_callback_info info);
napi_value Ttl(napi_env env, napi_callback_info info);
}  // namespace read

namespace lease {
napi_value Take(napi_env env, napi_callback_info info);
napi_value Release(napi_env env, napi_callback_info info);
napi_value Region(napi_env env, napi_callback_info info);
napi_value Copy(napi_env env, napi_callback_info info);
napi_value Leak(napi_env env, napi_callback_info info);
}  // namespace lease

namespace write {
napi_value SetBytes(napi_env env, napi_callback_info info);
napi_value SetText(napi_env env, napi_callback_info info);
napi_value SetTagged(napi_env env, napi_callback_info info);
napi_value SetMany(napi_env env, napi_callback_info info);
napi_value DeleteMany(napi_env env, napi_callback_info info);
napi_value InvalidateTags(napi_env env, napi_callback_info info);
napi_value Epoch(napi_env env, napi_callback_info info);
napi_value Version(napi_env env, napi_callback_info info);
napi_value Delete(napi_env env, napi_callback_info info);
napi_value Touch(napi_env env, napi_callback_info info);
napi_value Clear(napi_env env, napi_callback_info info);
napi_value Sweep(napi_env env, napi_callback_info info);
napi_value Resize(napi_env env, napi_callback_info info);
}  // namespace write

namespace admin {
napi_value Keys(napi_env env, napi_callback_info info);
napi_value Stats(napi_env env, napi_callback_info info);
napi_value KeepEvicted(napi_env env, napi_callback_info info);
napi_value DrainEvicted(napi_env env, napi_callback_info info);
napi_value ResetStats(napi_env env, napi_callback_info info);
napi_value Now(napi_env env, napi_callback_info info);
napi_value SetClock(napi_env env, napi_callback_info info);
napi_value SetReadChunk(napi_env env, napi_callback_info info);
napi_value SetNearChunk(napi_env env, napi_callback_info info);
napi_value Unlink(napi_env env, napi_callback_info info);
napi_value Abi(napi_env env, napi_callback_info info);
napi_value Close(napi_env env, napi_callback_info info);
}  // namespace admin

namespace os {
// Defines the functions on listening sockets, which belong to no cache, on the addon's exports.
napi_status Define(napi_env env, napi_value exports);
}  // namespace os

// Arguments and results, shared by all. `given`: how many arguments there were.
template <size_t N>
Handle* Arguments(napi_env env, napi_callback_info info, napi_value (&values)[N],
                  size_t* given = nullptr) {
  size_t count = N;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  if (given != nullptr) *given = count;
  return static_cast<Handle*>(data);
}

// A number that JavaScript has checked.
inline double DoubleArgument(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return number;
}

inline napi_value Number(napi_env env, int32_t number) {
  napi_value result = nullptr;
  napi_create_int32(env, number, &result);
  return result;
}

// What a text that could not be read makes of a call; `wrong_type` says which argument it was.
inline Result Failure(TextStatus status, Result wrong_type) {
  if (status == TextStatus::kNoMemory) return kNoScratch;
  return status == TextStatus::kTooLong ? kLongKey : wrong_type;
}

// A key argument with its hash. False: *failure is the function's result.
class KeyArgument {
 public:
  bool Read(napi_env env, Handle* handle, napi_value value, int32_t* failure) {
    if (handle->engine == nullptr) {
      *failure = kClosed;
      return false;
    }
    Bytes bytes;
    const TextStatus status =
        ReadKey(env, value, handle->max_key_bytes, &text_, &handle->environment->key, &bytes);
    if (status != TextStatus::kOk) {
      handle->words[kWordSize] = static_cast<int32_t>(bytes.size);
      *failure = Failure(status, kBadKey);
      return false;
    }
    const uint32_t size = static_cast<uint32_t>(bytes.size);
    key_ = {bytes.data, size, handle->engine->Hash(bytes.data, size)};
    return true;
  }
  const Key& key() const { return key_; }
  bool is_string() const { return text_.is_string; }

 private:
  InlineText text_;
  Key key_;
};

}  // namespace catzilla

#endif  // CATZILLA_BINDING_FUNCTIONS_H_

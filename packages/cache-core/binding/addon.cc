// The addon: registers `open`, which makes a cache's handle with its functions and its views of the
// arena, and the functions of os.cc. Node-API version 8. One instance per isolate; all instances of
// a process share the engines.
#include <node_api.h>

#include <cmath>

#include "../../../native/cache/allocator.h"
#include "functions.h"
#include "pin.h"

namespace catzilla {

namespace {

void FreeEnvironment(napi_env, void* data, void*) {
  Environment* environment = static_cast<Environment*>(data);
  environment->key.Free();
  environment->value.Free();
  Delete(environment);
}

// Runs when a function was collected: the last one takes the handle along.
void DropFunction(napi_env, void* data, void*) {
  Handle* handle = static_cast<Handle*>(data);
  if (--handle->functions != 0) return;
  CloseHandle(handle, true);
  // Leases that nobody released keep it until the isolate ends: their bytes may still be in use.
  if (handle->lease_engine == nullptr) Delete(handle);
}

napi_value ToNumber(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

double ReadNumber(napi_env env, napi_value value) {
  double number = NAN;
  napi_get_value_double(env, value, &number);
  return number;
}

void SetNumber(napi_env env, napi_value object, const char* name, double number) {
  napi_set_named_property(env, object, name, ToNumber(env, number));
}

// An ArrayBuffer over the arena's memory; absent where the runtime forbids external buffers. It has
// no finalizer: CloseHandle detaches it before the memory may go.
void SetView(napi_env env, napi_value object, const char* name, void* data, size_t size,
             napi_ref* reference) {
  napi_value view = nullptr;
  if (napi_create_external_arraybuffer(env, data, size, nullptr, nullptr, &view) != napi_ok) return;
  if (napi_create_reference(env, view, 1, reference) != napi_ok) return;
  napi_set_named_property(env, object, name, view);
}

// The ArrayBuffer that results beyond one integer are left in.
bool TakeWords(napi_env env, napi_value value, Handle* handle) {
  void* data = nullptr;
  size_t size = 0;
  if (napi_get_arraybuffer_info(env, value, &data, &size) != napi_ok || size < kWordBytes) {
    return false;
  }
  if (napi_create_reference(env, value, 1, &handle->words_reference) != napi_ok) return false;
  handle->expires_at = static_cast<double*>(data);
  handle->words = reinterpret_cast<int32_t*>(static_cast<uint8_t*>(data) + 8);
  return true;
}

// What JavaScript needs to say why: the OpenStatus, errno, and two numbers about it.
napi_value DescribeFailure(napi_env env, const OpenReport& report) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  SetNumber(env, object, "failure", static_cast<double>(report.status));
  SetNumber(env, object, "errno", report.error);
  SetNumber(env, object, "wanted", static_cast<double>(report.wanted));
  SetNumber(env, object, "available", static_cast<double>(report.available));
  return object;
}

napi_value DescribeHandle(napi_env env, Handle* handle, bool counters_shared) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  Engine* engine = handle->engine;
  const Options& options = engine->options();
  SetNumber(env, object, "maxBytes", static_cast<double>(engine->max_bytes()));
  SetNumber(env, object, "reserveBytes", static_cast<double>(options.reserve_bytes));
  SetNumber(env, object, "maxKeyBytes", options.max_key_bytes);
  SetNumber(env, object, "maxValueBytes", options.max_value_bytes);
  SetNumber(env, object, "policy", static_cast<double>(options.policy));
  SetNumber(env, object, "leaseLimit", options.lease_share);
  const bool never = options.default_ttl == kNeverExpires;
  SetNumber(env, object, "ttl", never ? INFINITY : static_cast<double>(options.default_ttl));
  SetNumber(env, object, "opened", static_cast<double>(engine->opened()));
  if (const char* reason = engine->opened_reason()) {
    napi_value text = nullptr;
    napi_create_string_latin1(env, reason, NAPI_AUTO_LENGTH, &text);
    napi_set_named_property(env, object, "openedReason", text);
  }
  napi_value announce = nullptr;
  napi_get_boolean(env, engine->Announce(), &announce);
  napi_set_named_property(env, object, "announce", announce);
  // The tag epoch stands behind the generation words.
  const size_t generations = engine->generation_count();
  SetView(env, object, "generations", engine->generation_words(), generations * 4 + 8,
          &handle->views[0]);
  SetView(env, object, "visited", engine->visited_bytes(), generations, &handle->views[1]);
  // JavaScript cannot add to a double atomically: a block with two writers is not given to it.
  if (!counters_shared) {
    SetView(env, object, "nearHits",
            &handle->counters->words[static_cast<uint32_t>(Counter::kNearHits)], 8,
            &handle->views[2]);
  }
  if (DefineFunctions(env, object, handle) == napi_ok) return object;
  CloseHandle(handle, true);
  if (handle->functions == 0) Delete(handle);
  OpenReport report;
  report.status = OpenStatus::kNoMemory;
  return DescribeFailure(env, report);
}

// Arguments: name ('' for a private cache) or path, scope, maxBytes, reserveBytes, maxKeyBytes,
// maxValueBytes, policy, ttl (Infinity: never), leaseLimit, given (of Given), lockTimeout, words. A
// failure is an object, too: DescribeFailure.
napi_value Open(napi_env env, napi_callback_info info) {
  enum {
    kName,
    kScope,
    kMax,
    kReserve,
    kKey,
    kValue,
    kPolicy,
    kTtl,
    kLease,
    kGiven,
    kLock,
    kWords
  };
  napi_value arguments[kWords + 1];
  size_t count = kWords + 1;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  OpenReport report;
  report.status = OpenStatus::kBadOptions;
  char name[4097];
  size_t name_size = 0;
  if (napi_get_value_string_utf8(env, arguments[kName], name, sizeof(name), &name_size) !=
          napi_ok ||
      name_size == sizeof(name) - 1) {
    return DescribeFailure(env, report);
  }
  const auto number = [&](int index) { return ReadNumber(env, arguments[index]); };
  Options options;
  options.scope = number(kScope) == 1 ? Scope::kMachine : Scope::kProcess;
  options.max_bytes = static_cast<uint64_t>(number(kMax));
  options.reserve_bytes = static_cast<uint64_t>(number(kReserve));
  options.max_key_bytes = static_cast<uint32_t>(number(kKey));
  options.max_value_bytes = static_cast<uint32_t>(number(kValue));
  options.policy = number(kPolicy) == 1 ? Policy::kLru : Policy::kS3Fifo;
  options.default_ttl =
      std::isfinite(number(kTtl)) ? static_cast<int64_t>(number(kTtl)) : kNeverExpires;
  options.lease_share = number(kLease);
  const Place place{name, name_size, static_cast<uint32_t>(number(kGiven)),
                    static_cast<int64_t>(number(kLock))};
  bool counters_shared = false;
  Handle* handle = OpenHandle(env, place, options, &counters_shared, &report);
  if (handle == nullptr) return DescribeFailure(env, report);
  void* environment = nullptr;
  napi_get_instance_data(env, &environment);
  handle->environment = static_cast<Environment*>(environment);
  if (!TakeWords(env, arguments[kWords], handle)) {
    CloseHandle(handle, true);
    Delete(handle);
    report.status = OpenStatus::kNoMemory;
    return DescribeFailure(env, report);
  }
  return DescribeHandle(env, handle, counters_shared);
}

}  // namespace

napi_status DefineFunctions(napi_env env, napi_value object, Handle* handle) {
  static constexpr struct {
    const char* name;
    napi_callback function;
  } kFunctions[] = {
      {"get", read::Get},
      {"getRecord", read::GetRecord},
      {"getInto", read::GetInto},
      {"peek", read::Peek},
      {"peekInto", read::PeekInto},
      {"has", read::Has},
      {"ttlLeft", read::Ttl},
      {"getMany", read::GetMany},
      {"lease", lease::Take},
      {"release", lease::Release},
      {"region", lease::Region},
      {"leaseCopy", lease::Copy},
      {"leak", lease::Leak},
      {"setBytes", write::SetBytes},
      {"setText", write::SetText},
      {"setTagged", write::SetTagged},
      {"setMany", write::SetMany},
      {"deleteMany", write::DeleteMany},
      {"invalidateTags", write::InvalidateTags},
      {"epoch", write::Epoch},
      {"version", write::Version},
      {"delete", write::Delete},
      {"touch", write::Touch},
      {"clear", write::Clear},
      {"sweep", write::Sweep},
      {"resize", write::Resize},
      {"keys", admin::Keys},
      {"stats", admin::Stats},
      {"keepEvicted", admin::KeepEvicted},
      {"drainEvicted", admin::DrainEvicted},
      {"resetStats", admin::ResetStats},
      {"now", admin::Now},
      {"setClock", admin::SetClock},
      {"setReadChunk", admin::SetReadChunk},
      {"setNearChunk", admin::SetNearChunk},
      {"unlink", admin::Unlink},
      {"abi", admin::Abi},
      {"close", admin::Close},
  };
  for (const auto& [name, callback] : kFunctions) {
    napi_value function = nullptr;
    napi_status status =
        napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, handle, &function);
    if (status == napi_ok) {
      status = napi_add_finalizer(env, function, handle, DropFunction, nullptr, nullptr);
    }
    if (status == napi_ok) handle->functions++;
    if (status == napi_ok) status = napi_set_named_property(env, object, name, function);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

}  // namespace catzilla

NAPI_MODULE_INIT() {
  using namespace catzilla;
  PinModule();
  Environment* environment = New<Environment>();
  if (environment == nullptr) return nullptr;
  napi_set_instance_data(env, environment, FreeEnvironment, nullptr);
  napi_value open = nullptr;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, Open, nullptr, &open);
  napi_set_named_property(env, exports, "open", open);
  napi_value allocator = nullptr;
  napi_create_string_latin1(env, AllocatorName(), NAPI_AUTO_LENGTH, &allocator);
  napi_set_named_property(env, exports, "allocator", allocator);
  SetNumber(env, exports, "layoutVersion", Engine::layout_version());
  os::Define(env, exports);
  return exports;
}

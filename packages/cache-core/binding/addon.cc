// The addon: registers `open`, which makes a cache's handle with its functions and its views of the
// arena. Node-API version 8. One instance per isolate; all instances of a process share the
// engines.
#include <node_api.h>

#include <cmath>
#include <new>

#include "functions.h"
#include "pin.h"

namespace catzilla {

namespace {

// A failed `open` gives a number instead of an object, the same as in addon.ts.
enum OpenFailure : int32_t { kOpenBadOptions = 1, kOpenNoMemory = 2, kOpenBadArguments = 3 };

void FreeEnvironment(napi_env, void* data, void*) {
  Environment* environment = static_cast<Environment*>(data);
  environment->key.Free();
  environment->value.Free();
  delete environment;
}

// Runs when a function was collected: the last one takes the handle along.
void DropFunction(napi_env, void* data, void*) {
  Handle* handle = static_cast<Handle*>(data);
  if (--handle->functions != 0) return;
  CloseHandle(handle, true);
  delete handle;
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
  const bool never = handle->default_ttl == kNeverExpires;
  SetNumber(env, object, "ttl", never ? INFINITY : static_cast<double>(handle->default_ttl));
  const size_t generations = engine->generation_count();
  SetView(env, object, "generations", engine->generation_words(), generations * 4,
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
  if (handle->functions == 0) delete handle;
  return Number(env, kOpenNoMemory);
}

// Arguments: name ('' for a private cache), maxBytes, reserveBytes, maxKeyBytes, maxValueBytes,
// policy, ttl (Infinity: never), words.
napi_value Open(napi_env env, napi_callback_info info) {
  napi_value arguments[8];
  size_t count = 8;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  char name[65];
  size_t name_size = 0;
  if (napi_get_value_string_latin1(env, arguments[0], name, sizeof(name), &name_size) != napi_ok) {
    return Number(env, kOpenBadArguments);
  }
  Options options;
  options.max_bytes = static_cast<uint64_t>(ReadNumber(env, arguments[1]));
  options.reserve_bytes = static_cast<uint64_t>(ReadNumber(env, arguments[2]));
  options.max_key_bytes = static_cast<uint32_t>(ReadNumber(env, arguments[3]));
  options.max_value_bytes = static_cast<uint32_t>(ReadNumber(env, arguments[4]));
  options.policy = ReadNumber(env, arguments[5]) == 1 ? Policy::kLru : Policy::kS3Fifo;
  const double ttl = ReadNumber(env, arguments[6]);
  OpenStatus status;
  bool counters_shared = false;
  Handle* handle = OpenHandle(env, name, name_size, options,
                              std::isfinite(ttl) ? static_cast<int64_t>(ttl) : kNeverExpires,
                              &counters_shared, &status);
  if (handle == nullptr) {
    return Number(env, status == OpenStatus::kBadOptions ? kOpenBadOptions : kOpenNoMemory);
  }
  void* environment = nullptr;
  napi_get_instance_data(env, &environment);
  handle->environment = static_cast<Environment*>(environment);
  if (!TakeWords(env, arguments[7], handle)) {
    CloseHandle(handle, true);
    delete handle;
    return Number(env, kOpenBadArguments);
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
      {"setBytes", write::SetBytes},
      {"setText", write::SetText},
      {"delete", write::Delete},
      {"touch", write::Touch},
      {"clear", write::Clear},
      {"sweep", write::Sweep},
      {"resize", write::Resize},
      {"keys", admin::Keys},
      {"stats", admin::Stats},
      {"resetStats", admin::ResetStats},
      {"now", admin::Now},
      {"setClock", admin::SetClock},
      {"setReadChunk", admin::SetReadChunk},
      {"setNearChunk", admin::SetNearChunk},
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
  Environment* environment = new (std::nothrow) Environment;
  if (environment == nullptr) return nullptr;
  napi_set_instance_data(env, environment, FreeEnvironment, nullptr);
  napi_value open = nullptr;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, Open, nullptr, &open);
  napi_set_named_property(env, exports, "open", open);
  return exports;
}

// The addon of @catzilla/router. Node-API version 8, one instance per isolate, no state of its own.
#include "functions.h"

NAPI_MODULE_INIT() {
  using namespace catzilla::router_binding;
  static constexpr struct {
    const char* name;
    napi_callback function;
  } kFunctions[] = {{"loadTrie", LoadTrie}, {"openSlot", OpenSlot}};
  for (const auto& [name, callback] : kFunctions) {
    napi_value function = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) !=
            napi_ok ||
        napi_set_named_property(env, exports, name, function) != napi_ok) {
      return nullptr;
    }
  }
  return exports;
}

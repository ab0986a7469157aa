// What the functions of this addon have in common: their arguments, their results, and how several
// of them share one piece of data.
#ifndef CATZILLA_ROUTER_BINDING_ARGUMENTS_H_
#define CATZILLA_ROUTER_BINDING_ARGUMENTS_H_

#include <node_api.h>

#include <cstdint>
#include <span>

namespace catzilla::router_binding {

// The data a function was made with; its first `wanted` arguments, undefined where there are fewer.
template <class T>
T* Arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value* arguments) {
  void* data = nullptr;
  napi_get_cb_info(env, info, &wanted, arguments, nullptr, &data);
  return static_cast<T*>(data);
}

inline napi_value Number(napi_env env, int32_t number) {
  napi_value value = nullptr;
  napi_create_int32(env, number, &value);
  return value;
}

// The memory of a typed array of just that type.
template <class T>
bool ReadArray(napi_env env, napi_value value, napi_typedarray_type wanted, T** data,
               size_t* length) {
  napi_typedarray_type type = napi_int8_array;
  void* memory = nullptr;
  if (napi_get_typedarray_info(env, value, &type, length, &memory, nullptr, nullptr) != napi_ok) {
    return false;
  }
  *data = static_cast<T*>(memory);
  return type == wanted;
}

struct Callback {
  const char* name;
  napi_callback function;
};

// An object of functions that share `data`, of which `count` is the number that are alive; `drop`
// runs when one was collected, and frees the data with the last. nullptr when not all could be
// made: what was made then goes by `drop`.
template <class T>
napi_value DefineFunctions(napi_env env, std::span<const Callback> functions, T* data,
                           uint32_t* count, napi_finalize drop) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  // Held until all are there, so that none of them frees the data alone.
  *count = 1;
  bool is_whole = true;
  for (const auto& [name, callback] : functions) {
    napi_value function = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) != napi_ok ||
        napi_add_finalizer(env, function, data, drop, nullptr, nullptr) != napi_ok) {
      is_whole = false;
      break;
    }
    ++*count;
    napi_set_named_property(env, object, name, function);
  }
  drop(env, data, nullptr);
  return is_whole ? object : nullptr;
}

}  // namespace catzilla::router_binding

#endif  // CATZILLA_ROUTER_BINDING_ARGUMENTS_H_

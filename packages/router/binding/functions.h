// The functions that the addon registers; each file of this folder has one of them.
#ifndef CATZILLA_ROUTER_BINDING_FUNCTIONS_H_
#define CATZILLA_ROUTER_BINDING_FUNCTIONS_H_

#include <node_api.h>

namespace catzilla::router_binding {

napi_value LoadTrie(napi_env env, napi_callback_info info);
napi_value OpenSlot(napi_env env, napi_callback_info info);

}  // namespace catzilla::router_binding

#endif  // CATZILLA_ROUTER_BINDING_FUNCTIONS_H_

// A slot of tables for JavaScript: what another addon reads through the C interface.
#include <cstring>
#include <memory>

#include "../../../native/router/abi.h"
#include "arguments.h"
#include "functions.h"

namespace catzilla::router_binding {

namespace {

using catz::router::Table;
using catz::router::TableSlot;
using catz::router::Trie;

// Results of publish; the other side is native/slot.ts.
constexpr int32_t kPublished = 1;
constexpr int32_t kBadImage = -1;
constexpr int32_t kBadPlan = -2;
constexpr int32_t kFull = -3;
constexpr int32_t kNoMemory = -4;

// What the functions of one slot share; deleted with the last of them. One isolate's, as is the
// reference to the slot; others have references of their own.
struct Handle {
  TableSlot* slot;
  uint32_t functions;
};

void DropFunction(napi_env, void* data, void*) {
  Handle* const handle = static_cast<Handle*>(data);
  if (--handle->functions != 0) return;
  handle->slot->Release();
  delete handle;
}

napi_value Item(napi_env env, napi_value list, uint32_t index) {
  napi_value item = nullptr;
  napi_get_element(env, list, index, &item);
  return item;
}

napi_value Property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

uint32_t Length(napi_env env, napi_value list) {
  uint32_t length = 0;
  napi_get_array_length(env, list, &length);
  return length;
}

uint32_t Unsigned(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

bool ReadBytes(napi_env env, napi_value value, std::string_view* text) {
  char* data = nullptr;
  size_t size = 0;
  if (!ReadArray(env, value, napi_uint8_array, &data, &size)) return false;
  *text = {data, size};
  return true;
}

int32_t AddMethods(napi_env env, napi_value names, napi_value images, Table* table) {
  const uint32_t count = Length(env, names);
  for (uint32_t i = 0; i < count; i++) {
    char name[Table::kMaxMethodName + 1];
    size_t length = 0;
    std::string_view image;
    if (napi_get_value_string_latin1(env, Item(env, names, i), name, sizeof(name), &length) !=
            napi_ok ||
        !ReadBytes(env, Item(env, images, i), &image)) {
      return kBadImage;
    }
    std::optional<Trie> trie =
        Trie::Load({reinterpret_cast<const uint8_t*>(image.data()), image.size()});
    if (!trie.has_value() || !table->AddMethod({name, length}, std::move(*trie))) return kBadImage;
  }
  return kPublished;
}

int32_t AddPlans(napi_env env, napi_value plans, Table* table) {
  const uint32_t count = Length(env, plans);
  for (uint32_t i = 0; i < count; i++) {
    const napi_value plan = Item(env, plans, i);
    std::string_view head;
    std::string_view body;
    std::string_view etag;
    if (!ReadBytes(env, Property(env, plan, "head"), &head) ||
        !ReadBytes(env, Property(env, plan, "body"), &body) ||
        !ReadBytes(env, Property(env, plan, "etag"), &etag) ||
        !table->AddPlan(Unsigned(env, Property(env, plan, "route")),
                        Unsigned(env, Property(env, plan, "status")), head, body, etag)) {
      return kBadPlan;
    }
  }
  return kPublished;
}

// (generation, methods: string[], images: Uint8Array[], plans: { route, status, head, body, etag
// }[], by ascending route) → kPublished or why not
napi_value Publish(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  const Handle* const handle = Arguments<Handle>(env, info, 4, arguments);
  std::unique_ptr<Table> table =
      Table::Make(Unsigned(env, arguments[0]), Length(env, arguments[3]));
  if (table == nullptr) return Number(env, kNoMemory);
  int32_t result = AddMethods(env, arguments[1], arguments[2], table.get());
  if (result == kPublished) result = AddPlans(env, arguments[3], table.get());
  if (result == kPublished && !handle->slot->Publish(std::move(table))) result = kFull;
  return Number(env, result);
}

// () → the external of the C interface, or null when there is no memory
napi_value Abi(napi_env env, napi_callback_info info) {
  const Handle* const handle = Arguments<Handle>(env, info, 0, nullptr);
  napi_value refused = nullptr;
  napi_get_null(env, &refused);
  catz_router* const functions = new (std::nothrow) catz_router(AbiOf(handle->slot));
  if (functions == nullptr) return refused;
  const auto drop = [](napi_env, void* data, void*) { delete static_cast<catz_router*>(data); };
  napi_value external = nullptr;
  if (napi_create_external(env, functions, drop, nullptr, &external) != napi_ok) {
    delete functions;
    return refused;
  }
  static constexpr napi_type_tag kTag = {CATZ_ROUTER_ABI_TAG_LOWER, CATZ_ROUTER_ABI_TAG_UPPER};
  return napi_type_tag_object(env, external, &kTag) == napi_ok ? external : refused;
}

}  // namespace

// () → { publish, abi }, or null when there is no memory
napi_value OpenSlot(napi_env env, napi_callback_info) {
  napi_value refused = nullptr;
  napi_get_null(env, &refused);
  TableSlot* const slot = TableSlot::Make();
  if (slot == nullptr) return refused;
  Handle* const handle = new (std::nothrow) Handle{slot, 0};
  if (handle == nullptr) {
    slot->Release();
    return refused;
  }
  static constexpr Callback kFunctions[] = {{"publish", Publish}, {"abi", Abi}};
  const napi_value opened =
      DefineFunctions(env, kFunctions, handle, &handle->functions, DropFunction);
  return opened == nullptr ? refused : opened;
}

}  // namespace catzilla::router_binding

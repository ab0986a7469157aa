// One method's trie for JavaScript: load, and the functions of what was loaded.
#include "../../../native/router/trie.h"

#include <cstring>

#include "arguments.h"
#include "functions.h"
#include "text.h"

namespace catzilla::router_binding {

namespace {

using catz::router::DeferReason;
using catz::router::Match;
using catz::router::Trie;
using catz::router::Verdict;

// Results below zero; deferred: kDeferred minus the reason. The other side is native/addon.ts.
constexpr int32_t kMissed = -1;
constexpr int32_t kDeferred = -2;
constexpr int32_t kBadArgument = -100;

// Words that a hit leaves beside its number: how many parameters, the end of the path, then the
// begin and end of each.
constexpr size_t kWordCount = 2 + 2 * catz::router::kMaxParams;

// What the functions of one trie share; deleted with the last of them. One isolate's.
struct Table {
  Trie trie;
  uint32_t* words;
  napi_ref words_reference;
  uint32_t functions;
};

// (target) → number of the route, kMissed, or kDeferred - reason
napi_value Find(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  const Table* const table = Arguments<Table>(env, info, 1, arguments);
  TextBuffer buffer;
  std::string_view target;
  if (!ReadText(env, arguments[0], &buffer, &target)) {
    return Number(env, kDeferred - static_cast<int32_t>(DeferReason::kForm));
  }
  Match match;
  table->trie.Find(target, &match);
  if (match.verdict == Verdict::kMiss) return Number(env, kMissed);
  if (match.verdict == Verdict::kDefer) {
    return Number(env, kDeferred - static_cast<int32_t>(match.reason));
  }
  table->words[0] = match.param_count;
  table->words[1] = match.path_end;
  std::memcpy(table->words + 2, match.params, match.param_count * sizeof(match.params[0]));
  return Number(env, static_cast<int32_t>(match.route));
}

// (bytes: Uint8Array, ends: Uint32Array, out: Int32Array, at least as long as ends) → how many are
// deferred, or kBadArgument
napi_value FindBatch(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  const Table* const table = Arguments<Table>(env, info, 3, arguments);
  char* bytes = nullptr;
  uint32_t* ends = nullptr;
  int32_t* out = nullptr;
  size_t size = 0;
  size_t count = 0;
  size_t room = 0;
  if (!ReadArray(env, arguments[0], napi_uint8_array, &bytes, &size) ||
      !ReadArray(env, arguments[1], napi_uint32_array, &ends, &count) ||
      !ReadArray(env, arguments[2], napi_int32_array, &out, &room) || room < count) {
    return Number(env, kBadArgument);
  }
  const size_t deferred = table->trie.FindBatch({bytes, size}, {ends, count}, out);
  return Number(env, static_cast<int32_t>(deferred));
}

void DropFunction(napi_env env, void* data, void*) {
  Table* const table = static_cast<Table*>(data);
  if (--table->functions != 0) return;
  napi_delete_reference(env, table->words_reference);
  delete table;
}

}  // namespace

// (image: Uint8Array, words: ArrayBuffer) → { find, findBatch }, or null when the image is refused
napi_value LoadTrie(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  Arguments<void>(env, info, 2, arguments);
  napi_value refused = nullptr;
  napi_get_null(env, &refused);
  uint8_t* image = nullptr;
  size_t size = 0;
  void* words = nullptr;
  size_t room = 0;
  if (!ReadArray(env, arguments[0], napi_uint8_array, &image, &size) ||
      napi_get_arraybuffer_info(env, arguments[1], &words, &room) != napi_ok ||
      room < kWordCount * sizeof(uint32_t)) {
    return refused;
  }
  std::optional<Trie> trie = Trie::Load({image, size});
  if (!trie.has_value()) return refused;
  Table* const table =
      new (std::nothrow) Table{std::move(*trie), static_cast<uint32_t*>(words), nullptr, 0};
  if (table == nullptr) return refused;
  if (napi_create_reference(env, arguments[1], 1, &table->words_reference) != napi_ok) {
    delete table;
    return refused;
  }
  static constexpr Callback kFunctions[] = {{"find", Find}, {"findBatch", FindBatch}};
  const napi_value loaded =
      DefineFunctions(env, kFunctions, table, &table->functions, DropFunction);
  return loaded == nullptr ? refused : loaded;
}

}  // namespace catzilla::router_binding

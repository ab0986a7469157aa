// Text: a JavaScript string as the bytes that a trie matches.
//
// Read as UTF-16, never as Latin-1: that would cut U+0141 down to 'A' and find the wrong route. A
// unit of 0x80 or more becomes 0xFF, which a trie defers on where it matters.
#ifndef CATZILLA_ROUTER_BINDING_TEXT_H_
#define CATZILLA_ROUTER_BINDING_TEXT_H_

#include <node_api.h>

#include <cstdint>
#include <string_view>

#include "../../../native/router/path.h"

namespace catzilla::router_binding {

// Room for one unit more than a trie reads, so that a longer string is seen to be longer.
struct TextBuffer {
  static constexpr size_t kUnits = catz::router::kMaxUrl + 1;
  char16_t units[kUnits + 1];
  char bytes[kUnits];
};

// False when the value is no string. The view holds as long as the buffer.
inline bool ReadText(napi_env env, napi_value value, TextBuffer* buffer, std::string_view* text) {
  size_t length = 0;
  if (napi_get_value_string_utf16(env, value, buffer->units, TextBuffer::kUnits + 1, &length) !=
      napi_ok) {
    return false;
  }
  for (size_t i = 0; i < length; i++) {
    const char16_t unit = buffer->units[i];
    buffer->bytes[i] = static_cast<char>(unit < 0x80 ? unit : 0xFF);
  }
  *text = {buffer->bytes, length};
  return true;
}

}  // namespace catzilla::router_binding

#endif  // CATZILLA_ROUTER_BINDING_TEXT_H_

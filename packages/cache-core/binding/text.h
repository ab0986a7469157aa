// Text: JavaScript strings as bytes, and raw arguments as byte ranges.
//
// Invariant: distinct strings give distinct key bytes: lone surrogates become three bytes each
// (WTF-8, Simon Sapin, "The WTF-8 encoding", 2018), pairs four. In values they become U+FFFD, as
// in Buffer.from(string).
// Threads: one isolate's. Ownership: bytes belong to the argument's buffer or to the Scratch that
// was passed, and hold until the next call with that Scratch.
#ifndef CATZILLA_BINDING_TEXT_H_
#define CATZILLA_BINDING_TEXT_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace catzilla {

// Memory for one string at a time. Grows; gives back what is above kKeptBytes with Trim.
class Scratch {
 public:
  static constexpr size_t kKeptBytes = 1u << 20;
  // At least `size` bytes, contents lost; nullptr when there is no memory.
  void* Reserve(size_t size);
  void Trim();
  void Free();

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

// Two areas, for a string's UTF-16 units and for its bytes.
struct TextScratch {
  Scratch units;
  Scratch bytes;
  void Trim() {
    units.Trim();
    bytes.Trim();
  }
  void Free() {
    units.Free();
    bytes.Free();
  }
};

// kWrongType: also a Uint8Array whose buffer was transferred away.
enum class TextStatus { kOk, kWrongType, kTooLong, kNoMemory };

struct Bytes {
  const uint8_t* data;
  size_t size;
};

inline constexpr size_t kInlineUnits = 384;

// Room on the stack for the bytes of a usual key; aligned for word copies.
struct alignas(16) InlineText {
  char16_t units[kInlineUnits];
  uint8_t bytes[kInlineUnits * 3];
  bool is_string;  // set by ReadKey: the key was a string, not a Uint8Array
};

// A key: a string or a Uint8Array. kTooLong when it has more than `limit` bytes (bytes->size then
// says at least how many).
TextStatus ReadKey(napi_env env, napi_value value, size_t limit, InlineText* inline_text,
                   TextScratch* scratch, Bytes* bytes);

// A value that is a string. kTooLong is given only when it surely has more than `limit` bytes; the
// caller still has to compare.
TextStatus ReadText(napi_env env, napi_value value, size_t limit, TextScratch* scratch,
                    Bytes* bytes);

// A Uint8Array's memory; kWrongType for everything else.
TextStatus ReadBytes(napi_env env, napi_value value, uint8_t** data, size_t* size);

// The same for what JavaScript has found to be a Uint8Array, or has replaced by something that is
// no typed array at all: asking Node-API for the element type costs as much as the rest.
TextStatus ReadCheckedBytes(napi_env env, napi_value value, uint8_t** data, size_t* size);

// Narrows leading ASCII units to bytes; how many were. `bytes` may be the memory of `units`.
size_t NarrowAscii(const char16_t* units, size_t count, uint8_t* bytes);

// UTF-8 of the units, at most 3 bytes a unit. Lone surrogates: as they are, or U+FFFD.
size_t EncodeUtf8(const char16_t* units, size_t count, bool keep_lone_surrogates, uint8_t* out);

}  // namespace catzilla

#endif  // CATZILLA_BINDING_TEXT_H_

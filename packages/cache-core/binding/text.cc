// Implements text.h. Hot: a key of ASCII text costs one call into V8 and one vector pass.
#include "text.h"

#include <cstring>

#include "../../../native/cache/allocator.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define CATZ_SSE2 1
#elif defined(__ARM_NEON) || defined(_M_ARM64)
#include <arm_neon.h>
#define CATZ_NEON 1
#endif
#define CATZ_VECTORS (CATZ_SSE2 || CATZ_NEON)

namespace catzilla {

namespace {

#if CATZ_SSE2
struct Units16 {
  __m128i low, high;
};
Units16 LoadTwice8(const char16_t* first, const char16_t* second) {
  return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(first)),
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(second))};
}
bool IsAscii(const Units16& units) {
  const __m128i beyond = _mm_set1_epi16(static_cast<int16_t>(0xFF80));
  const __m128i bad = _mm_and_si128(_mm_or_si128(units.low, units.high), beyond);
  return _mm_movemask_epi8(_mm_cmpeq_epi16(bad, _mm_setzero_si128())) == 0xFFFF;
}
void Store16(uint8_t* bytes, const Units16& units) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes), _mm_packus_epi16(units.low, units.high));
}
void StoreTwice8(uint8_t* first, uint8_t* second, const Units16& units) {
  const __m128i packed = _mm_packus_epi16(units.low, units.high);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(first), packed);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(second), _mm_unpackhi_epi64(packed, packed));
}
#elif CATZ_NEON
struct Units16 {
  uint16x8_t low, high;
};
Units16 LoadTwice8(const char16_t* first, const char16_t* second) {
  return {vld1q_u16(reinterpret_cast<const uint16_t*>(first)),
          vld1q_u16(reinterpret_cast<const uint16_t*>(second))};
}
bool IsAscii(const Units16& units) { return vmaxvq_u16(vorrq_u16(units.low, units.high)) <= 0x7F; }
void Store16(uint8_t* bytes, const Units16& units) {
  vst1q_u8(bytes, vcombine_u8(vmovn_u16(units.low), vmovn_u16(units.high)));
}
void StoreTwice8(uint8_t* first, uint8_t* second, const Units16& units) {
  vst1_u8(first, vmovn_u16(units.low));
  vst1_u8(second, vmovn_u16(units.high));
}
#endif
#if CATZ_VECTORS
Units16 Load16(const char16_t* units) { return LoadTwice8(units, units + 8); }
#endif

// Units of a value read at the first try; a longer string is read again, into memory of its length.
constexpr size_t kFirstUnits = 32768;

// Units of a string too long for `inline_capacity`, in scratch.
TextStatus ReadLongUnits(napi_env env, napi_value value, size_t limit, Scratch* scratch,
                         char16_t** units, size_t* count) {
  size_t length = 0;
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &length) != napi_ok) {
    return TextStatus::kWrongType;
  }
  *count = length;
  // Every unit takes at least one byte; a surrogate pair is two units and four bytes.
  if (length > limit) return TextStatus::kTooLong;
  *units = static_cast<char16_t*>(scratch->Reserve((length + 1) * sizeof(char16_t)));
  if (*units == nullptr) return TextStatus::kNoMemory;
  napi_get_value_string_utf16(env, value, *units, length + 1, count);
  return TextStatus::kOk;
}

// Bytes of `count` units: in the units' own memory when all are ASCII, else in `room`, or in
// scratch when there is no room.
TextStatus Encode(char16_t* units, size_t count, bool keep_lone, uint8_t* room, size_t room_size,
                  Scratch* scratch, Bytes* bytes) {
  uint8_t* narrow = reinterpret_cast<uint8_t*>(units);
  const size_t ascii = NarrowAscii(units, count, narrow);
  if (ascii == count) {
    *bytes = {narrow, count};
    return TextStatus::kOk;
  }
  const size_t most = ascii + (count - ascii) * 3;
  uint8_t* out = most <= room_size ? room : static_cast<uint8_t*>(scratch->Reserve(most));
  if (out == nullptr) return TextStatus::kNoMemory;
  memcpy(out, narrow, ascii);
  const size_t rest = EncodeUtf8(units + ascii, count - ascii, keep_lone, out + ascii);
  *bytes = {out, ascii + rest};
  return TextStatus::kOk;
}

// A typed array's memory; its type when asked for.
TextStatus ReadTyped(napi_env env, napi_value value, napi_typedarray_type* type, uint8_t** data,
                     size_t* size) {
  void* memory = nullptr;
  if (napi_get_typedarray_info(env, value, type, size, &memory, nullptr, nullptr) != napi_ok) {
    return TextStatus::kWrongType;
  }
  *data = static_cast<uint8_t*>(memory);
  if (*size != 0) return TextStatus::kOk;
  // Nothing to read: an empty array, or one whose buffer was transferred away.
  napi_value buffer = nullptr;
  bool detached = false;
  napi_get_typedarray_info(env, value, nullptr, nullptr, nullptr, &buffer, nullptr);
  napi_is_detached_arraybuffer(env, buffer, &detached);
  return detached ? TextStatus::kWrongType : TextStatus::kOk;
}

}  // namespace

void* Scratch::Reserve(size_t size) {
  if (size <= size_) return data_;
  catzilla::Free(data_);
  size_t rounded = size < 4096 ? 4096 : size + size / 4;
  data_ = Allocate(rounded);
  size_ = data_ == nullptr ? 0 : rounded;
  return data_;
}

void Scratch::Trim() {
  if (size_ > kKeptBytes) Free();
}

void Scratch::Free() {
  catzilla::Free(data_);
  data_ = nullptr;
  size_ = 0;
}

TextStatus ReadKey(napi_env env, napi_value value, size_t limit, InlineText* inline_text,
                   TextScratch* scratch, Bytes* bytes) {
  size_t count = 0;
  char16_t* units = inline_text->units;
  const napi_status status = napi_get_value_string_utf16(env, value, units, kInlineUnits, &count);
  inline_text->is_string = status == napi_ok;
  if (status == napi_string_expected) {
    uint8_t* data = nullptr;
    const TextStatus result = ReadBytes(env, value, &data, &bytes->size);
    bytes->data = data;
    if (result != TextStatus::kOk) return result;
    return bytes->size > limit ? TextStatus::kTooLong : TextStatus::kOk;
  }
  if (status != napi_ok) return TextStatus::kWrongType;
  // A full buffer may be a cut string: V8 does not say.
  if (count == kInlineUnits - 1) {
    const TextStatus result =
        ReadLongUnits(env, value, limit, &scratch->units, &units, &bytes->size);
    if (result != TextStatus::kOk) return result;
    count = bytes->size;
  }
  const TextStatus result = Encode(units, count, true, inline_text->bytes,
                                   sizeof(inline_text->bytes), &scratch->bytes, bytes);
  if (result != TextStatus::kOk) return result;
  return bytes->size > limit ? TextStatus::kTooLong : TextStatus::kOk;
}

TextStatus ReadText(napi_env env, napi_value value, size_t limit, TextScratch* scratch,
                    Bytes* bytes) {
  char16_t* units = static_cast<char16_t*>(scratch->units.Reserve(kFirstUnits * sizeof(char16_t)));
  if (units == nullptr) return TextStatus::kNoMemory;
  size_t count = 0;
  if (napi_get_value_string_utf16(env, value, units, kFirstUnits, &count) != napi_ok) {
    return TextStatus::kWrongType;
  }
  if (count == kFirstUnits - 1) {
    const TextStatus result =
        ReadLongUnits(env, value, limit, &scratch->units, &units, &bytes->size);
    if (result != TextStatus::kOk) return result;
    count = bytes->size;
  }
  return Encode(units, count, false, nullptr, 0, &scratch->bytes, bytes);
}

TextStatus ReadBytes(napi_env env, napi_value value, uint8_t** data, size_t* size) {
  napi_typedarray_type type = napi_uint8_array;
  const TextStatus status = ReadTyped(env, value, &type, data, size);
  return type == napi_uint8_array ? status : TextStatus::kWrongType;
}

TextStatus ReadCheckedBytes(napi_env env, napi_value value, uint8_t** data, size_t* size) {
  return ReadTyped(env, value, nullptr, data, size);
}

size_t NarrowAscii(const char16_t* units, size_t count, uint8_t* bytes) {
  size_t i = 0;
#if CATZ_VECTORS
  // What a step of 16 leaves over is covered by one more that ends at the end and overlaps the one
  // before. It is loaded first: in place, the steps before it write over its units.
  if (count >= 16) {
    const Units16 last = Load16(units + count - 16);
    for (; i + 16 <= count; i += 16) {
      const Units16 step = Load16(units + i);
      if (!IsAscii(step)) break;
      Store16(bytes + i, step);
    }
    if (i + 16 > count && IsAscii(last)) {
      Store16(bytes + count - 16, last);
      return count;
    }
  } else if (count >= 8) {
    const Units16 both = LoadTwice8(units, units + count - 8);
    if (IsAscii(both)) {
      StoreTwice8(bytes, bytes + count - 8, both);
      return count;
    }
  }
#endif
  for (; i < count && units[i] < 0x80; i++) {
    const uint8_t byte = static_cast<uint8_t>(units[i]);
    bytes[i] = byte;
  }
  return i;
}

size_t EncodeUtf8(const char16_t* units, size_t count, bool keep_lone_surrogates, uint8_t* out) {
  uint8_t* at = out;
  for (size_t i = 0; i < count; i++) {
    uint32_t point = units[i];
    if (point < 0x80) {
      *at++ = static_cast<uint8_t>(point);
      continue;
    }
    if (point < 0x800) {
      *at++ = static_cast<uint8_t>(0xC0 | (point >> 6));
      *at++ = static_cast<uint8_t>(0x80 | (point & 0x3F));
      continue;
    }
    if ((point & 0xF800) == 0xD800) {
      const bool pair = point < 0xDC00 && i + 1 < count && (units[i + 1] & 0xFC00) == 0xDC00;
      if (pair) {
        point = 0x10000 + ((point - 0xD800) << 10) + (units[++i] - 0xDC00u);
        *at++ = static_cast<uint8_t>(0xF0 | (point >> 18));
        *at++ = static_cast<uint8_t>(0x80 | ((point >> 12) & 0x3F));
        *at++ = static_cast<uint8_t>(0x80 | ((point >> 6) & 0x3F));
        *at++ = static_cast<uint8_t>(0x80 | (point & 0x3F));
        continue;
      }
      if (!keep_lone_surrogates) point = 0xFFFD;
    }
    *at++ = static_cast<uint8_t>(0xE0 | (point >> 12));
    *at++ = static_cast<uint8_t>(0x80 | ((point >> 6) & 0x3F));
    *at++ = static_cast<uint8_t>(0x80 | (point & 0x3F));
  }
  return static_cast<size_t>(at - out);
}

}  // namespace catzilla

// What the decoders of the two formats share: the inner part of decode.h.
//
// libjpeg and libpng leave a call that failed by longjmp. Guarded is the frame that it lands in.
//
// Thread rule: a CodecError belongs to one decoding; the functions are safe from any thread.

#pragma once

#include <setjmp.h>

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "data/images/decode.h"

namespace shoal {

// Where a library's error function jumps to, and what it had to say.
struct CodecError {
  jmp_buf jump;
  char message[256] = "";
};

// Runs `body`, which calls the library; false where the library gave up. Nothing that needs its destructor may live in
// `body`: a jump passes it over.
template <typename Body>
__attribute__((noinline)) bool Guarded(CodecError* error, const Body& body) {
  if (setjmp(error->jump) != 0) return false;
  body();
  return true;
}

// As stored, before it is turned.
struct StoredPicture {
  const uint8_t* pixels = nullptr;  // [height, width, 3], in the front plane of the buffer; null of a header.
  int width = 0;
  int height = 0;
  int orientation = 1;  // EXIF's, 1 to 8 (exif.h).
};

// The size and orientation only.
absl::StatusOr<StoredPicture> ReadJpegHeader(std::string_view file, uint64_t max_pixels);
absl::StatusOr<StoredPicture> ReadPngHeader(std::string_view file, uint64_t max_pixels);

// At 1/2, 1/4 or 1/8 of its size where its shorter side has `least_side` pixels then; 0 asks for its whole size.
absl::StatusOr<StoredPicture> DecodeJpeg(std::string_view file, uint64_t max_pixels, uint32_t least_side,
                                         ImageBuffer* buffer);
absl::StatusOr<StoredPicture> DecodePng(std::string_view file, uint64_t max_pixels, ImageBuffer* buffer);

}  // namespace shoal

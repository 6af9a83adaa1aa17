// zlib for Swift, which does not see macros that look like functions.
#ifndef FOCAL_ZLIB_SHIM_H
#define FOCAL_ZLIB_SHIM_H
#include <zlib.h>

/// Raw DEFLATE (RFC 1951) with a window of 32 KiB.
static inline int focal_deflate_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

static inline int focal_inflate_init(z_stream *stream) { return inflateInit2(stream, -15); }
#endif

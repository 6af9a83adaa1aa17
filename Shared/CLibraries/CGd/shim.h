// libgd for Swift: decoding, scaling and encoding of pictures.
#ifndef FOCAL_GD_SHIM_H
#define FOCAL_GD_SHIM_H
#include <gd.h>
#include <stdarg.h>

static void focal_gd_ignore(int level, const char *format, va_list arguments) {
  (void)level;
  (void)format;
  (void)arguments;
}

/// What is wrong with somebody's picture is no news of ours: libgd would write it to standard error.
static inline void focal_gd_be_quiet(void) { gdSetErrorMethod(focal_gd_ignore); }

static inline int focal_gd_width(gdImagePtr image) { return gdImageSX(image); }
static inline int focal_gd_height(gdImagePtr image) { return gdImageSY(image); }
static inline int focal_gd_pixel(gdImagePtr image, int x, int y) { return image->tpixels[y][x]; }
static inline void focal_gd_set_pixel(gdImagePtr image, int x, int y, int color) {
  image->tpixels[y][x] = color;
}
#endif

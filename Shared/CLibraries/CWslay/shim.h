// wslay's frames without any I/O of its own.
#ifndef FOCAL_WSLAY_SHIM_H
#define FOCAL_WSLAY_SHIM_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <wslay/wslay.h>

/// A context that reads frames, and the bytes that it has not taken yet; they are only borrowed.
typedef struct {
  wslay_frame_context_ptr context;
  const uint8_t *bytes;
  size_t count;
} focal_frame_reader;

static ssize_t focal_frame_take(uint8_t *buffer, size_t room, int flags, void *user) {
  (void)flags;
  focal_frame_reader *reader = (focal_frame_reader *)user;
  size_t count = reader->count < room ? reader->count : room;
  if (count == 0) return 0;
  memcpy(buffer, reader->bytes, count);
  reader->bytes += count;
  reader->count -= count;
  return (ssize_t)count;
}

/// A reader, or NULL without memory.
static inline focal_frame_reader *focal_frame_reader_new(void) {
  focal_frame_reader *reader = (focal_frame_reader *)calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  struct wslay_frame_callbacks callbacks = {NULL, focal_frame_take, NULL};
  if (wslay_frame_context_init(&reader->context, &callbacks, reader) != 0) {
    free(reader);
    return NULL;
  }
  return reader;
}

static inline void focal_frame_reader_free(focal_frame_reader *reader) {
  wslay_frame_context_free(reader->context);
  free(reader);
}
#endif

#ifndef FOCAL_CARENA_H
#define FOCAL_CARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* A bump allocator: many allocations, one release. It hands out from one block and, when that is
   full, from further ones; `limit` bounds the bytes of all blocks together. Not for threads. */

typedef struct focal_arena_block {
  struct focal_arena_block *next;
  size_t size;
} focal_arena_block;

typedef struct focal_arena {
  ProtobufCAllocator allocator; /* hand &arena->allocator to protobuf-c */
  uint8_t *at, *end;
  focal_arena_block *blocks; /* newest first; without the first, which lies behind this struct */
  size_t first, total, limit;
} focal_arena;

/* NULL when there is no memory. */
focal_arena *focal_arena_new(size_t first, size_t limit);
void focal_arena_delete(focal_arena *arena);

/* Everything handed out is gone; the first block stays. */
void focal_arena_reset(focal_arena *arena);
void focal_arena_set_limit(focal_arena *arena, size_t limit);

void *focal_arena_grow(focal_arena *arena, size_t size);

/* `size` bytes, aligned to 8, not zeroed; NULL past the limit. */
static inline void *focal_arena_take(focal_arena *arena, size_t size) {
  if (size > (size_t)1 << 40) return NULL;
  size = (size + 7) & ~(size_t)7;
  if ((size_t)(arena->end - arena->at) < size) return focal_arena_grow(arena, size);
  void *result = arena->at;
  arena->at += size;
  return result;
}

#endif

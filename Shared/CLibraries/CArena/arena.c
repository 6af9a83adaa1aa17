#include "CArena.h"

#include <stdlib.h>

/* Under the address sanitizer every allocation is a block of its own, so that a step beyond it is
   seen. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXACT 1
#endif
#endif
#ifndef EXACT
#define EXACT 0
#endif

static void *allocate(void *arena, size_t size) {
  /* protobuf-c may ask for nothing and takes NULL for a failure. */
  return focal_arena_take(arena, size ? size : 1);
}

static void release(void *arena, void *pointer) {
  (void)arena;
  (void)pointer;
}

static uint8_t *first_block(focal_arena *arena) { return (uint8_t *)(arena + 1); }

focal_arena *focal_arena_new(size_t first, size_t limit) {
  first = EXACT ? 0 : (first + 7) & ~(size_t)7;
  focal_arena *arena = malloc(sizeof *arena + first);
  if (!arena) return NULL;
  arena->allocator.alloc = allocate;
  arena->allocator.free = release;
  arena->allocator.allocator_data = arena;
  arena->at = first_block(arena);
  arena->end = arena->at + first;
  arena->blocks = NULL;
  arena->first = first;
  arena->total = first;
  arena->limit = limit;
  return arena;
}

void *focal_arena_grow(focal_arena *arena, size_t size) {
  size_t left = arena->limit > arena->total ? arena->limit - arena->total : 0;
  /* Blocks double, so that their number stays small; near the limit one that just fits. */
  size_t block_size = (arena->blocks ? arena->blocks->size : arena->first) * 2;
  if (block_size < 1024) block_size = 1024;
  if (block_size > (size_t)1 << 20) block_size = (size_t)1 << 20;
  if (block_size > left) block_size = left & ~(size_t)7;
  if (block_size < size || EXACT) block_size = size;
  if (block_size > left) return NULL;
  focal_arena_block *block = malloc(sizeof *block + block_size);
  if (!block) return NULL;
  block->next = arena->blocks;
  block->size = block_size;
  arena->blocks = block;
  arena->total += block_size;
  uint8_t *start = (uint8_t *)(block + 1);
  arena->at = start + size;
  arena->end = start + block_size;
  return start;
}

void focal_arena_reset(focal_arena *arena) {
  for (focal_arena_block *block = arena->blocks; block;) {
    focal_arena_block *next = block->next;
    free(block);
    block = next;
  }
  arena->blocks = NULL;
  arena->total = arena->first;
  arena->at = first_block(arena);
  arena->end = arena->at + arena->first;
}

void focal_arena_set_limit(focal_arena *arena, size_t limit) { arena->limit = limit; }

void focal_arena_delete(focal_arena *arena) {
  if (!arena) return;
  focal_arena_reset(arena);
  free(arena);
}

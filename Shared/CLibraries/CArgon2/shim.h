// libargon2 with memory of its own for each hash.
#ifndef FOCAL_ARGON2_SHIM_H
#define FOCAL_ARGON2_SHIM_H
#include <argon2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

// Straight from the kernel and back: the C library would keep freed blocks of this size for good,
// 19 MiB for each thread that ever made a hash.
static int focal_argon2_allocate(uint8_t **memory, size_t count) {
  void *block = mmap(
      NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  *memory = block == MAP_FAILED ? NULL : (uint8_t *)block;
  return block == MAP_FAILED ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

static void focal_argon2_free(uint8_t *memory, size_t count) { munmap(memory, count); }

typedef struct {
  const uint8_t *bytes;
  uint32_t count;
} focal_argon2_input;

/// argon2id, version 0x13. `secret` and `data` may be empty. 0, or libargon2's error.
static inline int focal_argon2id(
    focal_argon2_input password, focal_argon2_input salt, focal_argon2_input secret,
    focal_argon2_input data, uint32_t kibibytes, uint32_t passes, uint32_t lanes, uint8_t *hash,
    uint32_t hash_count) {
  argon2_context context = {
      .out = hash, .outlen = hash_count,
      .pwd = (uint8_t *)password.bytes, .pwdlen = password.count,
      .salt = (uint8_t *)salt.bytes, .saltlen = salt.count,
      .secret = (uint8_t *)secret.bytes, .secretlen = secret.count,
      .ad = (uint8_t *)data.bytes, .adlen = data.count,
      .t_cost = passes, .m_cost = kibibytes, .lanes = lanes, .threads = 1,
      .version = ARGON2_VERSION_13,
      .allocate_cbk = focal_argon2_allocate, .free_cbk = focal_argon2_free,
      .flags = ARGON2_DEFAULT_FLAGS,
  };
  return argon2id_ctx(&context);
}
#endif

// libcrypt's crypt(3), which knows bcrypt, without its state that all threads share.
#ifndef FOCAL_CRYPT_SHIM_H
#define FOCAL_CRYPT_SHIM_H
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

/// The hash of a password by the settings of another one, into `hash` of `capacity` bytes with its
/// NUL: 1, or 0 where the settings are none, the hash is longer, or there is no memory.
static inline int focal_crypt(
    const char *password, const char *settings, char *hash, size_t capacity) {
  // 32 KiB: too much for a thread's stack to take for granted.
  struct crypt_data *data = (struct crypt_data *)calloc(1, sizeof(struct crypt_data));
  if (data == NULL) return 0;
  const char *result = crypt_rn(password, settings, data, sizeof *data);
  int is_done = result != NULL && strlen(result) < capacity;
  if (is_done) strcpy(hash, result);
  explicit_bzero(data, sizeof *data);
  free(data);
  return is_done;
}
#endif

// OpenSSL 3 for Swift, which does not see macros that look like functions.
#ifndef FOCAL_OPENSSL_SHIM_H
#define FOCAL_OPENSSL_SHIM_H
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Gives a context of HMAC the hash SHA-256 and a key. The parameters' names must outlive the call, which
/// Swift's literals do not.
static inline int focal_hmac_sha256_init(EVP_MAC_CTX *context, const uint8_t *key, size_t count) {
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_init(context, key, count, parameters);
}

/// TLS 1.2 is the oldest; no compression, no renegotiation; buffers are freed while idle.
static inline int focal_tls_configure(SSL_CTX *context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Resumption goes by tickets alone: nothing is kept for a client that does not come back.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set_session_id_context(context, (const unsigned char *)"focal", 5) == 1;
}

static inline int focal_tls_set_version(SSL_CTX *context, int oldest, int newest) {
  return SSL_CTX_set_min_proto_version(context, oldest) == 1 &&
         SSL_CTX_set_max_proto_version(context, newest) == 1;
}

static inline int focal_tls_set_server_name(SSL *session, const char *name) {
  return SSL_set_tlsext_host_name(session, name) == 1;
}

/// The server's protocols for ALPN, in its order: names with a byte of length before each.
typedef struct {
  const uint8_t *names;
  unsigned int count;
} focal_tls_protocols;

static int focal_tls_select_protocol(
    SSL *session, const unsigned char **chosen, unsigned char *chosen_count,
    const unsigned char *offered, unsigned int offered_count, void *argument) {
  (void)session;
  const focal_tls_protocols *ours = (const focal_tls_protocols *)argument;
  unsigned char *name = NULL;
  int found = SSL_select_next_proto(
      &name, chosen_count, ours->names, ours->count, offered, offered_count);
  *chosen = name;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// `protocols` and its names must outlive the context.
static inline void focal_tls_serve_protocols(SSL_CTX *context, focal_tls_protocols *protocols) {
  SSL_CTX_set_alpn_select_cb(context, focal_tls_select_protocol, protocols);
}

/// What lies between a session and its socket: the ciphertext that came in, which is only borrowed for
/// the time of a call, and that which is to go out.
typedef struct {
  const uint8_t *input;
  size_t input_count;
  uint8_t *output;
  size_t output_count;
  size_t output_capacity;
} focal_tls_wire;

/// More than any flight of a handshake and any write of ours.
enum { FOCAL_TLS_OUTPUT_BYTES_MAX = 4 << 20 };

static int focal_tls_wire_read(BIO *bio, char *bytes, size_t count, size_t *done) {
  focal_tls_wire *wire = (focal_tls_wire *)BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (wire->input_count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  if (count > wire->input_count) count = wire->input_count;
  memcpy(bytes, wire->input, count);
  wire->input += count;
  wire->input_count -= count;
  *done = count;
  return 1;
}

static int focal_tls_wire_write(BIO *bio, const char *bytes, size_t count, size_t *done) {
  focal_tls_wire *wire = (focal_tls_wire *)BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  size_t needed = wire->output_count + count;
  if (count > FOCAL_TLS_OUTPUT_BYTES_MAX || needed > FOCAL_TLS_OUTPUT_BYTES_MAX) return 0;
  if (needed > wire->output_capacity) {
    size_t capacity = wire->output_capacity * 2 > needed ? wire->output_capacity * 2 : needed;
    uint8_t *larger = (uint8_t *)realloc(wire->output, capacity);
    if (larger == NULL) return 0;
    wire->output = larger;
    wire->output_capacity = capacity;
  }
  memcpy(wire->output + wire->output_count, bytes, count);
  wire->output_count = needed;
  *done = count;
  return 1;
}

static long focal_tls_wire_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static inline BIO_METHOD *focal_tls_wire_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "focal wire");
  if (method == NULL || BIO_meth_set_read_ex(method, focal_tls_wire_read) != 1 ||
      BIO_meth_set_write_ex(method, focal_tls_wire_write) != 1 ||
      BIO_meth_set_ctrl(method, focal_tls_wire_control) != 1) {
    return NULL;
  }
  return method;
}

/// Puts `wire`, which must outlive the session, below the session. 1, or 0 without memory.
static inline int focal_tls_attach(SSL *session, BIO_METHOD *method, focal_tls_wire *wire) {
  BIO *bio = BIO_new(method);
  if (bio == NULL) return 0;
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  SSL_set_bio(session, bio, bio);
  return 1;
}

/// Gives back the memory of what has gone out: an idle connection owns none.
static inline void focal_tls_wire_release(focal_tls_wire *wire) {
  free(wire->output);
  wire->output = NULL;
  wire->output_count = 0;
  wire->output_capacity = 0;
}

/// What a memory BIO holds, without copying it; valid until the BIO is used again.
static inline size_t focal_memory_bio_bytes(BIO *bio, const uint8_t **bytes) {
  char *start = NULL;
  long count = BIO_get_mem_data(bio, &start);
  *bytes = (const uint8_t *)start;
  return count > 0 ? (size_t)count : 0;
}

/// The bytes of a private key must not stay in memory that is freed.
static inline void focal_erase(void *bytes, size_t count) { OPENSSL_cleanse(bytes, count); }
#endif

/* What llhttp makes of each case on the standard input: u32 length (little-endian), bytes.
 * Prints a line a message and a line at the end, as verdicts.swift does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "llhttp.h"

struct text {
  char *bytes;
  size_t count, capacity;
};

struct message {
  struct text target, body, fields;
  int in_fields;
};

static void append(struct text *text, const char *bytes, size_t count) {
  if (text->count + count > text->capacity) {
    text->capacity = (text->count + count) * 2;
    text->bytes = realloc(text->bytes, text->capacity);
    if (!text->bytes) abort();
  }
  if (count) memcpy(text->bytes + text->count, bytes, count);
  text->count += count;
}

static struct message *message(llhttp_t *parser) { return parser->data; }

static int begin(llhttp_t *parser) {
  struct message *m = message(parser);
  m->target.count = m->body.count = m->fields.count = 0;
  m->in_fields = 1;
  return 0;
}

static int target(llhttp_t *p, const char *at, size_t n) {
  append(&message(p)->target, at, n);
  return 0;
}

static int field(llhttp_t *p, const char *at, size_t n) {
  if (message(p)->in_fields) append(&message(p)->fields, at, n);
  return 0;
}

static int field_end(llhttp_t *p) { return field(p, ":", 1); }

static int value_end(llhttp_t *p) {
  struct text *fields = &message(p)->fields;
  if (!message(p)->in_fields) return 0;
  while (fields->count &&
         (fields->bytes[fields->count - 1] == ' ' || fields->bytes[fields->count - 1] == '\t'))
    fields->count--;
  return field(p, "\n", 1);
}

static int headers_end(llhttp_t *p) {
  message(p)->in_fields = 0;
  return 0;
}

static int body(llhttp_t *p, const char *at, size_t n) {
  append(&message(p)->body, at, n);
  return 0;
}

static void hex(const struct text *text) {
  putchar(' ');
  if (!text->count) putchar('-');
  for (size_t i = 0; i < text->count; i++) printf("%02x", (unsigned char)text->bytes[i]);
}

static int end(llhttp_t *p) {
  struct message *m = message(p);
  int keeps_alive = llhttp_should_keep_alive(p);
  printf("message %s %d %d", llhttp_method_name(p->method), p->http_minor, keeps_alive);
  hex(&m->target);
  hex(&m->fields);
  hex(&m->body);
  putchar('\n');
  return keeps_alive ? 0 : HPE_PAUSED;
}

static void judge(char *bytes, uint32_t count) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = begin;
  settings.on_url = target;
  settings.on_header_field = field;
  settings.on_header_field_complete = field_end;
  settings.on_header_value = field;
  settings.on_header_value_complete = value_end;
  settings.on_headers_complete = headers_end;
  settings.on_body = body;
  settings.on_message_complete = end;
  struct message m = {0};
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = &m;
  const char *at = bytes;
  const char *last = bytes + count;
  llhttp_errno_t error = llhttp_execute(&parser, at, last - at);
  while (error == HPE_PAUSED_UPGRADE) {
    at = llhttp_get_error_pos(&parser);
    llhttp_resume_after_upgrade(&parser);
    error = llhttp_execute(&parser, at, last - at);
  }
  if (error == HPE_OK) puts("end more");
  else if (error == HPE_PAUSED) puts("end closed");
  else printf("end %s\n", llhttp_errno_name(error));
  free(m.target.bytes);
  free(m.body.bytes);
  free(m.fields.bytes);
}

int main(void) {
  uint32_t count;
  while (fread(&count, 4, 1, stdin) == 1) {
    char *bytes = malloc(count + 1);
    if (!bytes || fread(bytes, 1, count, stdin) != count) return 1;
    judge(bytes, count);
    free(bytes);
  }
  return 0;
}

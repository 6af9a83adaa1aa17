// libcurl for Swift, which sees no functions with a variable number of arguments.
#ifndef FOCAL_CURL_SHIM_H
#define FOCAL_CURL_SHIM_H
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

static inline CURLcode focal_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode focal_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

/// For strings, lists, buffers and callbacks' data.
static inline CURLcode focal_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode focal_curl_set_bytes(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

/// Of what comes in (body, a header's line) and of what is to go out.
typedef size_t (*focal_curl_transfer)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode focal_curl_set_transfer(
    CURL *handle, CURLoption option, focal_curl_transfer function) {
  return curl_easy_setopt(handle, option, function);
}

typedef curl_socket_t (*focal_curl_open)(
    void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode focal_curl_set_open(CURL *handle, focal_curl_open function, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}

typedef int (*focal_curl_progress)(
    void *context, curl_off_t toLoad, curl_off_t loaded, curl_off_t toSend, curl_off_t sent);

static inline CURLcode focal_curl_set_progress(
    CURL *handle, focal_curl_progress function, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

static inline long focal_curl_response_code(CURL *handle) {
  long code = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

typedef int (*focal_curl_socket)(
    CURL *handle, curl_socket_t socket, int what, void *context, void *socketContext);
typedef int (*focal_curl_timer)(CURLM *multi, long milliseconds, void *context);

static inline void focal_curl_multi_drive(
    CURLM *multi, focal_curl_socket socket, focal_curl_timer timer, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

static inline void focal_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  curl_multi_setopt(multi, option, value);
}
#endif

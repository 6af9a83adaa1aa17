#define _GNU_SOURCE
#include "linux_shim.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(FOCAL_IN == EPOLLIN && FOCAL_OUT == EPOLLOUT, "epoll's constants");
_Static_assert(FOCAL_ERR == EPOLLERR && FOCAL_HUP == EPOLLHUP, "epoll's constants");
_Static_assert(FOCAL_RDHUP == EPOLLRDHUP, "epoll's constants");

int focal_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int descriptor, uint32_t events, void *context) {
  struct epoll_event event = {.events = events, .data.ptr = context};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

int focal_epoll_add(int epoll, int descriptor, uint32_t events, void *context) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, events, context);
}

int focal_epoll_modify(int epoll, int descriptor, uint32_t events, void *context) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, events, context);
}

int focal_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, NULL);
}

int focal_epoll_wait(int epoll, focal_event *events, int capacity, int64_t timeout_ns) {
  struct epoll_event batch[256];
  if (capacity > 256) capacity = 256;
  int timeout = -1;
  // Rounded up: a timer must not fire early and spin.
  if (timeout_ns >= 0) {
    int64_t milliseconds = (timeout_ns + 999999) / 1000000;
    timeout = milliseconds > 60000 ? 60000 : (int)milliseconds;
  }
  int count = epoll_wait(epoll, batch, capacity, timeout);
  for (int i = 0; i < count; i++) {
    events[i].events = batch[i].events;
    events[i].context = batch[i].data.ptr;
  }
  return count;
}

int focal_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void focal_eventfd_signal(int descriptor) {
  uint64_t one = 1;
  ssize_t written = write(descriptor, &one, sizeof one);
  (void)written;  // full means: it is signalled already
}

void focal_eventfd_clear(int descriptor) {
  uint64_t count;
  ssize_t received = read(descriptor, &count, sizeof count);
  (void)received;
}

static sigset_t set_of(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  return set;
}

int focal_signalfd(const int *signals, int count) {
  sigset_t set = set_of(signals, count);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int focal_signalfd_read(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : -1;
}

void focal_signals_unblock(const int *signals, int count) {
  sigset_t set = set_of(signals, count);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

uint64_t focal_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t focal_realtime_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int focal_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int focal_accept(int listener, struct sockaddr_storage *peer, socklen_t *length) {
  *length = sizeof *peer;
  return accept4(
      listener, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int focal_bind_listen(
    int descriptor, const struct sockaddr *address, socklen_t length, int backlog,
    int shares_port) {
  int one = 1;
  if (address->sa_family != AF_UNIX) {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (shares_port) setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  }
  if (bind(descriptor, address, length) != 0) return -1;
  return listen(descriptor, backlog);
}

void focal_no_delay(int descriptor) {
  int one = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int focal_socket_error(int descriptor) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

void focal_die_with_parent(int signal) { prctl(PR_SET_PDEATHSIG, signal); }

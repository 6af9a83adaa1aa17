// Linux calls that the Glibc module does not show to Swift: epoll, eventfd, signalfd, accept4 and
// the socket options. Plain prototypes; the bodies are in linux_shim.c.
#ifndef FOCAL_LINUX_SHIM_H
#define FOCAL_LINUX_SHIM_H
#include <stdint.h>
#include <stddef.h>
#include <sys/socket.h>

typedef struct {
  uint32_t events;
  void *context;
} focal_event;

enum {
  FOCAL_IN = 0x001, FOCAL_OUT = 0x004, FOCAL_ERR = 0x008, FOCAL_HUP = 0x010,
  FOCAL_RDHUP = 0x2000,
};
static const uint32_t focal_edge_triggered = 1u << 31;

int focal_epoll_create(void);
int focal_epoll_add(int epoll, int descriptor, uint32_t events, void *context);
int focal_epoll_modify(int epoll, int descriptor, uint32_t events, void *context);
int focal_epoll_remove(int epoll, int descriptor);
/// Waits at most `timeout_ns` (negative: for ever); fills `events`, returns how many.
int focal_epoll_wait(int epoll, focal_event *events, int capacity, int64_t timeout_ns);

int focal_eventfd(void);
void focal_eventfd_signal(int descriptor);
void focal_eventfd_clear(int descriptor);

/// Blocks the signals for this thread and those it starts, and opens a descriptor that reads them.
int focal_signalfd(const int *signals, int count);
/// The next signal that is pending, or -1.
int focal_signalfd_read(int descriptor);
/// Undoes the blocking: for a child that is about to exec, and for tests.
void focal_signals_unblock(const int *signals, int count);

uint64_t focal_monotonic_ns(void);
int64_t focal_realtime_ms(void);

/// A socket that does not block and is closed on exec.
int focal_socket(int family);
int focal_accept(int listener, struct sockaddr_storage *peer, socklen_t *length);
int focal_bind_listen(
    int descriptor, const struct sockaddr *address, socklen_t length, int backlog, int shares_port);
void focal_no_delay(int descriptor);
int focal_socket_error(int descriptor);
/// Makes the kernel kill this process when its parent dies.
void focal_die_with_parent(int signal);
#endif

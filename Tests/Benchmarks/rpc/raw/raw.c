// The floor: 100 bytes behind a length over one TCP connection, echoed, as fast as C and epoll do it.
//
//   raw server PORT
//   raw client PORT IN-FLIGHT SECONDS SERVER-PID

#include "../measure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MESSAGE_BYTES = 104, IN_FLIGHT_MAX = 1024 };

static char buffer[1 << 16];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(void) {
  int descriptor = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (descriptor < 0) fail("socket");
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return descriptor;
}

static void no_delay(int descriptor) {
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void write_all(int descriptor, const char *bytes, ssize_t count) {
  while (count > 0) {
    ssize_t written = send(descriptor, bytes, (size_t)count, MSG_NOSIGNAL);
    if (written <= 0) return;
    bytes += written;
    count -= written;
  }
}

static void watch(int set, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  if (epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

static void serve(const struct sockaddr_in *address) {
  int listener = open_socket(), set = epoll_create1(0);
  if (bind(listener, (const struct sockaddr *)address, sizeof *address) != 0) fail("bind");
  if (listen(listener, 64) != 0) fail("listen");
  watch(set, listener);
  struct epoll_event events[64];
  for (;;) {
    int count = epoll_wait(set, events, 64, -1);
    for (int index = 0; index < count; index++) {
      int descriptor = events[index].data.fd;
      if (descriptor == listener) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        no_delay(client);
        watch(set, client);
        continue;
      }
      ssize_t received = read(descriptor, buffer, sizeof buffer);
      if (received <= 0)
        close(descriptor);
      else
        write_all(descriptor, buffer, received);
    }
  }
}

// Answers come in the order of the requests, so a ring of start times is enough.
struct load {
  int descriptor;
  int in_flight;
  double starts[IN_FLIGHT_MAX];
  long sent, answered;
  ssize_t partial;
};

static void begin(struct load *load, int count) {
  static const char messages[MESSAGE_BYTES * IN_FLIGHT_MAX];
  double now = seconds_now();
  for (int index = 0; index < count; index++) load->starts[load->sent++ % load->in_flight] = now;
  write_all(load->descriptor, messages, (ssize_t)count * MESSAGE_BYTES);
}

// Answers until `end`; how many latencies were written.
static size_t run(struct load *load, double end, float *latencies, size_t room) {
  size_t count = 0;
  for (;;) {
    ssize_t received = read(load->descriptor, buffer, sizeof buffer);
    if (received <= 0) fail("read");
    load->partial += received;
    int done = (int)(load->partial / MESSAGE_BYTES);
    load->partial %= MESSAGE_BYTES;
    double now = seconds_now();
    for (int index = 0; index < done; index++) {
      double start = load->starts[load->answered++ % load->in_flight];
      if (count < room) latencies[count++] = (float)((now - start) * 1e6);
    }
    begin(load, done);
    if (now > end) return count;
  }
}

int main(int count, char **arguments) {
  if (count < 3) {
    fputs("raw server PORT | raw client PORT IN-FLIGHT SECONDS SERVER-PID\n", stderr);
    return 64;
  }
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)atoi(arguments[2])),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  if (strcmp(arguments[1], "server") == 0) serve(&address);
  if (count != 6) return 64;
  static struct load load;
  load.in_flight = atoi(arguments[3]);
  if (load.in_flight < 1 || load.in_flight > IN_FLIGHT_MAX) return 64;
  double seconds = atof(arguments[4]);
  int server = atoi(arguments[5]);
  load.descriptor = open_socket();
  if (connect(load.descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  no_delay(load.descriptor);
  size_t room = 20 * 1000 * 1000;
  float *latencies = malloc(room * sizeof *latencies);
  if (!latencies) fail("malloc");
  begin(&load, load.in_flight);
  run(&load, seconds_now() + 1, latencies, 0);
  double start = seconds_now(), server_cpu = cpu_of(server), own_cpu = cpu_of_this_process();
  size_t calls = run(&load, start + seconds, latencies, room);
  double elapsed = seconds_now() - start;
  report(load.in_flight, elapsed, cpu_of(server) - server_cpu, cpu_of_this_process() - own_cpu,
         latencies, calls);
}

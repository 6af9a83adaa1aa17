// What all peers measure alike: CPU time of two processes and the spread of latencies.
// C, and C++ as well.
#ifndef FOCAL_BENCH_MEASURE_H
#define FOCAL_BENCH_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static inline double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// CPU seconds of this process.
static inline double cpu_of_this_process(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
         (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

// CPU seconds of another process, in ticks of 10 ms.
static inline double cpu_of(int process) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  size_t count = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[count] = 0;
  const char *fields = strrchr(text, ')');
  long user = 0, system = 0;
  if (!fields || sscanf(fields + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %ld",
                        &user, &system) != 2)
    return 0;
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static inline int compare_floats(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

// One line, the same for all peers. Latencies in microseconds.
static inline void report(int in_flight, double elapsed, double server, double client,
                          float *latencies, size_t count) {
  if (count == 0) {
    puts("no calls");
    exit(1);
  }
  qsort(latencies, count, sizeof *latencies, compare_floats);
  double calls = (double)count;
  printf("in flight %d: %.0f calls/s  server %.2f us  client %.2f us  total %.2f us  p50 %.0f us  "
         "p99 %.0f us\n",
         in_flight, calls / elapsed, server * 1e6 / calls, client * 1e6 / calls,
         (server + client) * 1e6 / calls, latencies[count / 2], latencies[count * 99 / 100]);
  fflush(stdout);
}

#endif

// Moves the wall clock of one program, as when an administrator or a time server sets it: preloaded,
// it adds to what the kernel says the nanoseconds that stand in the file named by SOAK_CLOCK. The
// monotonic clock is left alone, as the kernel leaves it. Build: cc -shared -fPIC -o clock.so clock.c
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t nothing;
static _Atomic int64_t *offset = &nothing;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("SOAK_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) offset = page;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t moved = time->tv_sec * 1000000000LL + time->tv_nsec + atomic_load(offset);
    time->tv_sec = moved / 1000000000LL;
    time->tv_nsec = moved % 1000000000LL;
    // Before 1970 the rest is negative, which no kernel would say.
    if (time->tv_nsec < 0) {
      time->tv_nsec += 1000000000LL;
      time->tv_sec -= 1;
    }
  }
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.tv_sec;
  return now.tv_sec;
}

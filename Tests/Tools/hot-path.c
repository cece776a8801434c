// Counts what a program allocates, copies and sends, while it runs: preloaded into streamd by
// Tests/Tools/hot-path. The counters are in the file that $HOT_PATH_COUNTERS names, so that they can
// be read from outside at any time; the program is of one thread where it matters.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Smaller ones are bookkeeping: a frame has thousands of bytes.
enum { FRAME_BYTES = 4096, COPY_BYTES = 512 };

static struct counters {
  uint64_t allocations, copied_bytes, sends, sent_bytes;
} nowhere, *counters = &nowhere;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("HOT_PATH_COUNTERS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) abort();
  void *page = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) abort();
  counters = page;
  close(file);
  unsetenv("LD_PRELOAD");
}

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  counters->allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  counters->allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  counters->allocations++;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  counters->allocations++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  counters->allocations++;
  *result = __libc_memalign(alignment, size);
  return *result ? 0 : 12;
}

static void *copy(void *to, const void *from, size_t count) {
  if (count >= COPY_BYTES) counters->copied_bytes += count;
  void *result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return result;
}

void *memcpy(void *to, const void *from, size_t count) { return copy(to, from, count); }

void *memmove(void *to, const void *from, size_t count) {
  uintptr_t distance = (uintptr_t)to - (uintptr_t)from;
  if (distance == 0 || distance >= count) return copy(to, from, count);
  if (count >= COPY_BYTES) counters->copied_bytes += count;
  for (volatile uint8_t *t = to; count-- > 0;) t[count] = ((const uint8_t *)from)[count];
  return to;
}

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
  if (count >= FRAME_BYTES) {
    counters->sends++;
    counters->sent_bytes += count;
  }
  return syscall(SYS_sendto, socket, bytes, count, flags, NULL, 0);
}

// A kernel that is short of descriptors and memory: preloaded, it makes calls of the socket layer
// fail, and takes only a part of what is sent. How often stands in the file that $FAULTS names, in
// 65,536ths, and can be changed at any time; the numbers of the faults are behind it.
// Build: cc -shared -fPIC -o faults.so faults.c
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SOCKET, ACCEPT, CONNECT, WATCH, OPTION, SEND, PART, CALLS };

static struct faults {
  uint32_t chance, seed, counts[CALLS];
} nowhere, *faults = &nowhere;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) abort();
  void *page = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) abort();
  faults = page;
  close(file);
  unsetenv("LD_PRELOAD");
}

// xorshift32
static uint32_t draw(void) {
  uint32_t x = faults->seed ? faults->seed : 1;
  x ^= x << 13, x ^= x >> 17, x ^= x << 5;
  return faults->seed = x;
}

// Whether this call is to fail; then errno is one of `codes`.
static int fails(int call, const int *codes, unsigned count) {
  if (!faults->chance || (draw() & 0xFFFF) >= faults->chance) return 0;
  faults->counts[call]++;
  errno = codes[draw() % count];
  return 1;
}

static const int descriptors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
static const int memory[] = {ENOBUFS, ENOMEM};
static const int watches[] = {ENOMEM, ENOSPC};

int socket(int domain, int type, int protocol) {
  if (fails(SOCKET, descriptors, 4)) return -1;
  return (int)syscall(SYS_socket, domain, type, protocol);
}

int accept4(int listener, struct sockaddr *restrict address, socklen_t *restrict size, int flags) {
  if (fails(ACCEPT, descriptors, 4)) return -1;
  return (int)syscall(SYS_accept4, listener, address, size, flags);
}

int connect(int number, const struct sockaddr *address, socklen_t size) {
  if (fails(CONNECT, memory, 2)) return -1;
  return (int)syscall(SYS_connect, number, address, size);
}

int epoll_ctl(int epoll, int operation, int number, struct epoll_event *event) {
  // To change or to end what is watched needs no memory.
  if (operation == EPOLL_CTL_ADD && fails(WATCH, watches, 2)) return -1;
  return (int)syscall(SYS_epoll_ctl, epoll, operation, number, event);
}

int setsockopt(int number, int level, int name, const void *value, socklen_t size) {
  if (fails(OPTION, memory, 2)) return -1;
  return (int)syscall(SYS_setsockopt, number, level, name, value, size);
}

ssize_t send(int number, const void *bytes, size_t count, int flags) {
  if (fails(SEND, memory, 2)) return -1;
  int type = 0;
  socklen_t size = sizeof type;
  syscall(SYS_getsockopt, number, SOL_SOCKET, SO_TYPE, &type, &size);
  if (type == SOCK_STREAM && count > 1 && faults->chance && (draw() & 0xFFFF) < faults->chance) {
    faults->counts[PART]++;
    count = 1 + draw() % (count - 1);
  }
  return syscall(SYS_sendto, number, bytes, count, flags, NULL, 0);
}

int sendmmsg(int number, struct mmsghdr *messages, unsigned count, int flags) {
  if (fails(SEND, memory, 2)) return -1;
  return (int)syscall(SYS_sendmmsg, number, messages, count, flags);
}

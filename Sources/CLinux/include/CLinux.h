// What Glibc's Swift module leaves out of Linux: epoll, timerfd, eventfd, inotify, signalfd, accept4,
// sendmmsg, openat2, UDP segmentation and control messages. Declarations only, nothing clever.
//
// _GNU_SOURCE stays undefined on purpose (it changes how Swift sees Glibc), so what needs it is
// declared here by hand.
#ifndef CLINUX_H
#define CLINUX_H

#include <linux/openat2.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// Option names as plain integers: Swift does not import casts and some macros are not in bookworm.
enum {
  CLINUX_SOL_UDP = 17,
  CLINUX_UDP_SEGMENT = 103,
  CLINUX_UDP_GRO = 104,
  CLINUX_SO_TIMESTAMPNS = SO_TIMESTAMPNS,
  CLINUX_TCP_USER_TIMEOUT = 18,
  CLINUX_O_PATH = 010000000,
  CLINUX_SOCK_NONBLOCK = SOCK_NONBLOCK,
  CLINUX_SOCK_CLOEXEC = SOCK_CLOEXEC,
};

// struct mmsghdr is hidden behind _GNU_SOURCE.
struct clinux_mmsghdr {
  struct msghdr header;
  unsigned int length;
};

int clinux_accept4(int socket, struct sockaddr *address, socklen_t *length, int flags)
    __asm__("accept4");
int clinux_sendmmsg(int socket, struct clinux_mmsghdr *messages, unsigned int count, int flags)
    __asm__("sendmmsg");
long clinux_syscall(long number, ...) __asm__("syscall");

// The C function is variadic, which Swift cannot call.
static inline int clinux_openat2(int folder, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = 0, .resolve = resolve};
  return (int)clinux_syscall(SYS_openat2, folder, path, &how, sizeof how);
}

// epoll's user data is a union inside a packed struct; one accessor pair keeps that out of Swift.
static inline int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events,
                                       uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

// Asks for bytes that are soon to be read and written; where they are, if anywhere, does not matter.
static inline void clinux_prefetch(const void *bytes, size_t count) {
  for (size_t line = 0; line < count; line += 64) __builtin_prefetch((const char *)bytes + line, 1);
}

// Two structures that Swift's Glibc does not have.
static inline int clinux_multicast_interface(int socket, int index) {
  struct ip_mreqn request = {.imr_ifindex = index};
  return setsockopt(socket, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
}

static inline int clinux_join_group(int socket, int level, uint32_t index,
                                    const struct sockaddr *group, socklen_t length) {
  struct group_req request = {.gr_interface = index};
  __builtin_memcpy(&request.gr_group, group, length);
  return setsockopt(socket, level, MCAST_JOIN_GROUP, &request, sizeof request);
}

// recvmsg's control messages are walked with macros. The length of a datagram among several that
// the kernel has joined (0 when it has not), and the time of arrival in nanoseconds since 1970 (0
// when it is not told).
static inline ssize_t clinux_receive_joined(int socket, void *bytes, size_t capacity,
                                            int *segment, int64_t *arrival) {
  char control[128];
  struct iovec part = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t count = recvmsg(socket, &message, MSG_DONTWAIT);
  *segment = 0;
  *arrival = 0;
  if (count < 0) return count;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == CLINUX_SOL_UDP && c->cmsg_type == CLINUX_UDP_GRO) {
      __builtin_memcpy(segment, CMSG_DATA(c), sizeof *segment);
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == CLINUX_SO_TIMESTAMPNS) {
      struct timespec time;
      __builtin_memcpy(&time, CMSG_DATA(c), sizeof time);
      *arrival = time.tv_sec * 1000000000LL + time.tv_nsec;
    }
  }
  return count;
}

#endif

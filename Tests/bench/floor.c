// The least that a one-thread RTSP/RTP Motion-JPEG server can cost on this kernel: the yardstick
// that streamd is divided by.
//
//     floor PORT FILE [FPS]      FILE: five digits of length, then a JPEG, repeated
//
// It answers just enough RTSP for a load generator, and prints the port (0 picks one). Frames are
// packetised once; per viewer and frame it writes sequence, timestamp and SSRC over the shared
// packets and calls send() once, on a UDP socket with UDP_SEGMENT set or on the RTSP connection.
// Viewers sit on a grid of fifty slots spread over the frame period. No error handling, no sessions,
// no RTCP.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { SEGMENT = 1400, SLOTS = 50, DESCRIPTORS = 1 << 20 };

typedef struct {
  const uint8_t *scan;
  int scan_length, width, height, type, packets, udp_length, tcp_length;
  uint8_t tables[128], *udp, *tcp;
} frame;

typedef struct client {
  int tcp, rtp, interleaved, playing, at;
  uint16_t sequence;
  uint32_t timestamp, ssrc;
  struct client *next;
} client;

static frame *frames;
static int frame_count;
static client *slots[SLOTS];
static client *by_descriptor[DESCRIPTORS];
static double fps = 20;

static void parse(frame *f, const uint8_t *p, int n) {
  int tables = 0;
  for (int i = 2; i + 4 <= n;) {
    if (p[i] != 0xFF) {
      i++;
      continue;
    }
    int marker = p[i + 1], length = p[i + 2] << 8 | p[i + 3];
    if (marker == 0xDB) {
      for (int at = i + 4; at + 65 <= i + 2 + length && tables < 2; at += 65)
        memcpy(f->tables + 64 * tables++, p + at + 1, 64);
    }
    if (marker == 0xC0) {
      f->height = p[i + 5] << 8 | p[i + 6];
      f->width = p[i + 7] << 8 | p[i + 8];
      f->type = p[i + 11] == 0x22;
    }
    i += 2 + length;
    if (marker == 0xDA) {
      f->scan = p + i;
      f->scan_length = n - i - 2;
      break;
    }
  }
  if (tables == 1) memcpy(f->tables + 64, f->tables, 64);
}

static void put32(uint8_t *p, uint32_t v) {
  v = htonl(v);
  memcpy(p, &v, 4);
}

// Every packet has SEGMENT bytes but the last, back to back; once bare for UDP, once with '$'
// prefixes for TCP (RFC 2435, RFC 2326 §10.12).
static void packetise(frame *f) {
  f->udp = malloc(f->scan_length * 2 + 4096);
  f->tcp = malloc(f->scan_length * 2 + 4096);
  uint8_t *u = f->udp, *t = f->tcp;
  for (int at = 0; at < f->scan_length; f->packets++) {
    int head = 20 + (at ? 0 : 132), room = SEGMENT - head;
    int take = f->scan_length - at < room ? f->scan_length - at : room;
    memset(u, 0, head);
    u[0] = 0x80;
    u[1] = 26 | (at + take == f->scan_length ? 0x80 : 0);
    put32(u + 12, at);
    u[16] = f->type;
    u[17] = 255;
    u[18] = f->width / 8;
    u[19] = f->height / 8;
    if (!at) {
      u[23] = 128;
      memcpy(u + 24, f->tables, 128);
    }
    memcpy(u + head, f->scan + at, take);
    t[0] = '$';
    t[1] = 0;
    t[2] = (head + take) >> 8;
    t[3] = head + take;
    memcpy(t + 4, u, head + take);
    u += head + take;
    t += 4 + head + take;
    at += take;
  }
  f->udp_length = u - f->udp;
  f->tcp_length = t - f->tcp;
}

static void send_frame(client *c) {
  frame *f = &frames[c->at];
  c->at = (c->at + 1) % frame_count;
  uint8_t *p = c->interleaved ? f->tcp + 4 : f->udp;
  for (int i = 0; i < f->packets; i++, p += SEGMENT + 4 * c->interleaved) {
    uint16_t sequence = htons(c->sequence++);
    memcpy(p + 2, &sequence, 2);
    put32(p + 4, c->timestamp);
    put32(p + 8, c->ssrc);
  }
  c->timestamp += 90000 / fps;
  if (!c->interleaved) {
    send(c->rtp, f->udp, f->udp_length, MSG_DONTWAIT);
  } else if (send(c->tcp, f->tcp, f->tcp_length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
             errno != EAGAIN) {
    c->playing = 0;
  }
}

static int set_up(client *c, const char *request, char *transport, size_t size) {
  const char *ports = strcasestr(request, "client_port=");
  c->interleaved = !ports;
  if (!ports) return snprintf(transport, size, "RTP/AVP/TCP;unicast;interleaved=0-1");
  int port = atoi(ports + 12), segment = SEGMENT;
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  getpeername(c->tcp, (struct sockaddr *)&peer, &length);
  peer.sin_port = htons(port);
  c->rtp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  connect(c->rtp, (struct sockaddr *)&peer, sizeof peer);
  setsockopt(c->rtp, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
  return snprintf(transport, size, "RTP/AVP;unicast;client_port=%d-%d", port, port + 1);
}

static void answer(client *c, const char *request) {
  static const char description[] =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=floor\r\nt=0 0\r\na=control:*\r\n"
      "m=video 0 RTP/AVP 26\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:26 JPEG/90000\r\n"
      "a=control:stream=0\r\n";
  static int slot;
  char reply[2048], extra[512] = "Session: 1\r\n", transport[128];
  const char *number = strcasestr(request, "CSeq:"), *body = "";
  if (!strncmp(request, "DESCRIBE", 8)) {
    body = description;
    snprintf(extra, sizeof extra, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n",
             strlen(body));
  } else if (!strncmp(request, "SETUP", 5)) {
    set_up(c, request, transport, sizeof transport);
    snprintf(extra, sizeof extra, "Session: 1\r\nTransport: %s\r\n", transport);
  } else if (!strncmp(request, "PLAY", 4) && !c->playing) {
    c->playing = 1;
    c->next = slots[slot];
    slots[slot] = c;
    slot = (slot + 7) % SLOTS;
  } else if (!strncmp(request, "TEARDOWN", 8)) {
    c->playing = 0;
  }
  int n = snprintf(reply, sizeof reply, "RTSP/1.0 200 OK\r\nCSeq: %d\r\n%s\r\n%s",
                   number ? atoi(number + 5) : 0, extra, body);
  send(c->tcp, reply, n, MSG_NOSIGNAL);
}

static void load(const char *path) {
  FILE *file = fopen(path, "rb");
  char digits[6] = {0};
  while (file && fread(digits, 1, 5, file) == 5) {
    int n = atoi(digits);
    uint8_t *bytes = malloc(n);
    if (fread(bytes, 1, n, file) != (size_t)n) break;
    frames = realloc(frames, ++frame_count * sizeof *frames);
    frame *f = memset(&frames[frame_count - 1], 0, sizeof *frames);
    parse(f, bytes, n);
    packetise(f);
  }
  if (!frame_count) {
    fprintf(stderr, "floor: no frames in %s\n", path);
    exit(1);
  }
}

static void watch(int epoll, int descriptor) {
  struct epoll_event event = {EPOLLIN, {.fd = descriptor}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void accept_all(int epoll, int listener) {
  int socket, one = 1;
  while ((socket = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    client *c = calloc(1, sizeof *c);
    c->tcp = socket;
    c->ssrc = socket;
    by_descriptor[socket] = c;
    watch(epoll, socket);
  }
}

static void hear(int epoll, int descriptor) {
  char request[4096];
  ssize_t n = recv(descriptor, request, sizeof request - 1, 0);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) {
      by_descriptor[descriptor]->playing = 0;
      epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, 0);
    }
    return;
  }
  request[n] = 0;
  if (request[0] != '$') answer(by_descriptor[descriptor], request);
}

static void tick(int timer) {
  static int now;
  uint64_t expirations;
  if (read(timer, &expirations, sizeof expirations) != sizeof expirations) return;
  for (; expirations; expirations--, now = (now + 1) % SLOTS)
    for (client *c = slots[now]; c; c = c->next)
      if (c->playing) send_frame(c);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: floor PORT FILE [FPS]\n");
    return 2;
  }
  if (argc > 3) fps = atof(argv[3]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  load(argv[2]);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) {
    perror("floor");
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  long nanoseconds = 1e9 / fps / SLOTS;
  struct itimerspec period = {{0, nanoseconds}, {0, nanoseconds}};
  timerfd_settime(timer, 0, &period, 0);
  watch(epoll, listener);
  watch(epoll, timer);
  struct epoll_event events[256];
  for (;;) {
    int n = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < n; i++) {
      int descriptor = events[i].data.fd;
      if (descriptor == timer) tick(timer);
      else if (descriptor == listener) accept_all(epoll, listener);
      else hear(epoll, descriptor);
    }
  }
}

// The far end of every measured stream: a source, a sink and an echo in one process (epoll, no dependencies).
//   target PORT
// A stream starts with one letter. 'e': that byte and all after it are echoed. Otherwise a header of 100 bytes follows whose bytes 8..15
// are a little-endian count: 'D' sends that many bytes, 'U' takes that many and answers 8 bytes, 'R' answers 1 KiB and half-closes.
// Bytes of an upload are dropped in the kernel (MSG_TRUNC), so that this process costs the machine as little as it can.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, HEADER_BYTES = 100, REPLY_BYTES = 1024, EVENTS = 256, TURNS = 4 };

typedef struct {
  int fd, header_bytes;
  char op, header[HEADER_BYTES];
  uint64_t left;
} Stream;

static char block[BLOCK_BYTES];
static int poller;

static void die(const char *what) { perror(what); exit(2); }

static void watch(Stream *stream, int how, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = stream};
  epoll_ctl(poller, how, stream->fd, &event);
}

static void end(Stream *stream) { close(stream->fd); free(stream); }

static void accept_all(int listener) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    Stream *stream = calloc(1, sizeof *stream);
    if (!stream) die("calloc");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    stream->fd = fd;
    watch(stream, EPOLL_CTL_ADD, EPOLLIN);
  }
}

// Each of these returns 0 when the stream has ended (and is freed), 1 when it stays.
static int gone(Stream *stream, ssize_t n) {
  if (n > 0 || (n < 0 && errno == EAGAIN)) return 0;
  end(stream);
  return 1;
}

static int read_header(Stream *stream) {
  ssize_t n = recv(stream->fd, stream->header + stream->header_bytes, HEADER_BYTES - stream->header_bytes, 0);
  if (n <= 0) return !gone(stream, n);
  stream->header_bytes += n;
  char op = stream->header[0];
  if (op == 'e') { stream->op = op; return !gone(stream, send(stream->fd, stream->header, stream->header_bytes, MSG_NOSIGNAL)); }
  if (stream->header_bytes < HEADER_BYTES) return 1;
  stream->op = op;
  memcpy(&stream->left, stream->header + 8, 8);
  if (op == 'R') { send(stream->fd, block, REPLY_BYTES, MSG_NOSIGNAL); shutdown(stream->fd, SHUT_WR); }
  if (op == 'D') watch(stream, EPOLL_CTL_MOD, EPOLLOUT | EPOLLIN);
  return 1;
}

static int pour(Stream *stream) {
  for (int turn = 0; turn < TURNS && stream->left; turn++) {
    size_t want = stream->left < BLOCK_BYTES ? stream->left : BLOCK_BYTES;
    ssize_t n = send(stream->fd, block, want, MSG_NOSIGNAL);
    if (n < 0) return !gone(stream, n);
    stream->left -= n;
    if ((size_t)n < want) return 1;
  }
  if (!stream->left) { shutdown(stream->fd, SHUT_WR); watch(stream, EPOLL_CTL_MOD, EPOLLIN); }
  return 1;
}

static int swallow(Stream *stream) {
  for (int turn = 0; turn < TURNS; turn++) {
    ssize_t n = recv(stream->fd, block, 1 << 20, MSG_TRUNC);
    if (n <= 0) return !gone(stream, n);
    stream->left -= (uint64_t)n > stream->left ? stream->left : (uint64_t)n;
    if (!stream->left) { send(stream->fd, "complete", 8, MSG_NOSIGNAL); return 1; }
  }
  return 1;
}

static void step(Stream *stream, uint32_t events) {
  if (!stream->op) { read_header(stream); return; }
  if (stream->op == 'D' && (events & EPOLLOUT) && !pour(stream)) return;
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (stream->op == 'U' && stream->left) { swallow(stream); return; }
  char bytes[4096];
  ssize_t n = recv(stream->fd, bytes, sizeof bytes, 0);
  if (gone(stream, n) || n <= 0) return;
  if (stream->op == 'e') send(stream->fd, bytes, n, MSG_NOSIGNAL);
}

int main(int count, char **words) {
  if (count != 2) { fprintf(stderr, "target PORT\n"); return 2; }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  uint64_t seed = 88172645463325252ull;  // any incompressible bytes will do
  for (size_t i = 0; i + 8 <= sizeof block; i += 8) {
    seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
    memcpy(block + i, &seed, 8);
  }
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = INADDR_ANY};
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) die("listen");
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  printf("READY\n");
  fflush(stdout);
  for (struct epoll_event events[EVENTS];;) {
    int n = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr) step(events[i].data.ptr, events[i].events);
      else accept_all(listener);
    }
  }
}

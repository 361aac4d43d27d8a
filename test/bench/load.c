// The load generator: an app behind a SOCKS5 proxy (epoll, no dependencies). One JSON line on stdout; exit 1 when any stream failed.
//   load down  SOCKS TARGET BYTES STREAMS [SECONDS_MAX]   download BYTES in total over STREAMS streams
//   load up    SOCKS TARGET BYTES STREAMS [SECONDS_MAX]   upload; ends when the target has counted every byte
//                                                         (SIGTERM ends either early, and what was moved is printed)
//   load first SOCKS TARGET COUNT [GAP_MS]                one after the other: open, send 1 byte, wait for its echo, close
//   load rate  SOCKS TARGET COUNT STREAMS                 STREAMS at a time: open, send 100 bytes, take 1 KiB, close
//   load hold  SOCKS TARGET COUNT [RAMP]                  open COUNT streams, echo 1 byte on each, print, hold until stdin ends
// SOCKS and TARGET are HOST:PORT with a dotted host; SOCKS '-' reaches TARGET without a proxy. Received bytes are dropped in the
// kernel (MSG_TRUNC): what is measured is the proxy, not this process. The target's side is target.c.
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
#include <time.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024, HEADER_BYTES = 100, REPLY_BYTES = 1024, UPLOAD_ANSWER_BYTES = 8, EVENTS = 256, TURNS = 4 };
enum { STALL_MS = 30000, TICK_MS = 50 };

typedef enum { CONNECTING, METHOD, REPLY, FLOWING, DONE } State;
typedef struct {
  int fd, taken;
  State state;
  char op;
  unsigned char socks[32];
  uint64_t left;
  double started, ended;
} Stream;

static char block[BLOCK_BYTES], failure[128];
static int poller, is_direct, failed;
static struct sockaddr_in proxy, target;
static uint64_t moved;
static volatile sig_atomic_t is_over;

static void end_early(int signal) { (void)signal; is_over = 1; }

static void die(const char *what) { perror(what); exit(2); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static struct sockaddr_in parse(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  const char *colon = strrchr(text, ':');
  char host[64];
  if (!colon) { fprintf(stderr, "not HOST:PORT: %s\n", text); exit(2); }
  snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
  address.sin_port = htons(atoi(colon + 1));
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) { fprintf(stderr, "not a dotted host: %s\n", text); exit(2); }
  return address;
}

/* ---- one stream ---- */

static void watch(Stream *stream, int how, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = stream};
  epoll_ctl(poller, how, stream->fd, &event);
}

static void start(Stream *stream, char op, uint64_t bytes) {
  int one = 1;
  *stream = (Stream){.op = op, .left = bytes, .started = now(), .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
  if (stream->fd < 0) die("socket");
  setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  watch(stream, EPOLL_CTL_ADD, EPOLLOUT);
  if (connect(stream->fd, (void *)(is_direct ? &target : &proxy), sizeof proxy) && errno != EINPROGRESS) die("connect");
}

// Every step returns 1 when the stream has done what was asked of it (or failed), else 0.
static int finish(Stream *stream, const char *error) {
  if (error) { failed++; snprintf(failure, sizeof failure, "%s", error); }
  stream->ended = now();
  stream->state = DONE;
  close(stream->fd);
  stream->fd = -1;
  return 1;
}

static int request(Stream *stream) {
  char header[HEADER_BYTES] = {stream->op};
  ssize_t size = stream->op == 'e' ? 1 : HEADER_BYTES;
  memcpy(header + 8, &stream->left, 8);
  stream->state = FLOWING;
  if (send(stream->fd, header, size, MSG_NOSIGNAL) != size) return finish(stream, "short request");
  if (stream->op == 'U') watch(stream, EPOLL_CTL_MOD, EPOLLOUT | EPOLLIN);
  if (stream->op == 'R') stream->left = REPLY_BYTES;
  return 0;
}

static int connected(Stream *stream, uint32_t events) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) return finish(stream, strerror(error));
  if (!(events & EPOLLOUT)) return 0;
  watch(stream, EPOLL_CTL_MOD, EPOLLIN);
  if (is_direct) return request(stream);
  stream->state = METHOD;
  return send(stream->fd, "\5\1\0", 3, MSG_NOSIGNAL) == 3 ? 0 : finish(stream, "short greeting");
}

static int read_socks(Stream *stream) {
  int need = stream->state == METHOD ? 2 : stream->taken < 5 ? 5 : stream->socks[3] == 4 ? 22 : 10;
  ssize_t n = recv(stream->fd, stream->socks + stream->taken, need - stream->taken, 0);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n <= 0) return finish(stream, n ? strerror(errno) : "closed in the SOCKS exchange");
  stream->taken += n;
  if (stream->taken < need) return 0;
  if (stream->state == METHOD) {
    unsigned char ask[10] = {5, 1, 0, 1};
    memcpy(ask + 4, &target.sin_addr, 4);
    memcpy(ask + 8, &target.sin_port, 2);
    if (stream->socks[1]) return finish(stream, "SOCKS method refused");
    stream->taken = 0;
    stream->state = REPLY;
    return send(stream->fd, ask, sizeof ask, MSG_NOSIGNAL) == sizeof ask ? 0 : finish(stream, "short ask");
  }
  if (need == 5) return read_socks(stream);
  return stream->socks[1] ? finish(stream, "SOCKS request refused") : request(stream);
}

static int write_block(Stream *stream) {
  for (int turn = 0; turn < TURNS && stream->left; turn++) {
    size_t want = stream->left < BLOCK_BYTES ? stream->left : BLOCK_BYTES;
    ssize_t n = send(stream->fd, block, want, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n < 0) return finish(stream, strerror(errno));
    stream->left -= n;
    moved += n;
    if ((size_t)n < want) return 0;
  }
  if (!stream->left) watch(stream, EPOLL_CTL_MOD, EPOLLIN);
  return 0;
}

static int flow(Stream *stream, uint32_t events) {
  if (stream->op == 'U' && stream->left && (events & EPOLLOUT) && write_block(stream)) return 1;
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return 0;
  ssize_t n = recv(stream->fd, block, 1 << 20, MSG_TRUNC);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n <= 0) return finish(stream, n ? strerror(errno) : "ended early");
  if (stream->op == 'e') { stream->ended = now(); return 1; }
  if (stream->op == 'U') { stream->taken += n; return stream->taken >= UPLOAD_ANSWER_BYTES ? finish(stream, NULL) : 0; }
  moved += n;
  stream->left -= (uint64_t)n > stream->left ? stream->left : (uint64_t)n;
  return stream->left ? 0 : finish(stream, NULL);
}

static int step(Stream *stream, uint32_t events) {
  switch (stream->state) {
    case CONNECTING: return connected(stream, events);
    case METHOD: case REPLY: return read_socks(stream);
    case FLOWING: return flow(stream, events);
    default: return 0;
  }
}

/* ---- the commands ---- */

static void stalled(void) { failed++; snprintf(failure, sizeof failure, "stalled"); }

static void bulk(char op, uint64_t bytes, int streams, double seconds_max) {
  Stream *all = calloc(streams, sizeof *all);
  struct epoll_event events[EVENTS];
  double began = now(), half_at = 0, last = began;
  uint64_t at_half = 0, seen = 0;
  int open = streams;
  for (int i = 0; i < streams; i++) start(all + i, op, bytes / streams);
  while (open) {
    int n = epoll_wait(poller, events, EVENTS, TICK_MS);
    for (int i = 0; i < n; i++) open -= step(events[i].data.ptr, events[i].events);
    double t = now();
    if (moved != seen) { seen = moved; last = t; }
    if (t - last > STALL_MS / 1e3) { stalled(); break; }
    if (seconds_max && !half_at && t - began > seconds_max / 2) { half_at = t; at_half = moved; }
    if (is_over || (seconds_max && t - began > seconds_max)) break;
  }
  double seconds = now() - began, late = half_at ? now() - half_at : 0;
  printf("{\"bytes\":%llu,\"seconds\":%.4f,\"mbPerSecond\":%.3f,", (unsigned long long)moved, seconds, moved / 1e6 / seconds);
  if (late > 0) printf("\"lateMbPerSecond\":%.3f,", (moved - at_half) / 1e6 / late);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void repeat(char op, long count, int streams, int gap_ms) {
  double *times = calloc(count, sizeof *times), began = now();
  Stream *all = calloc(streams, sizeof *all);
  struct epoll_event events[EVENTS];
  long started = 0, done = 0;
  for (int i = 0; i < streams && started < count; i++, started++) start(all + i, op, 0);
  while (done < count) {
    int n = epoll_wait(poller, events, EVENTS, STALL_MS);
    if (n == 0) { stalled(); break; }
    for (int i = 0; i < n; i++) {
      Stream *stream = events[i].data.ptr;
      if (!step(stream, events[i].events)) continue;
      times[done++] = (stream->ended - stream->started) * 1e3;
      if (stream->fd >= 0) close(stream->fd);
      stream->state = DONE;
      if (gap_ms) usleep(gap_ms * 1000);
      if (started < count) { started++; start(stream, op, 0); }
    }
  }
  double seconds = now() - began;
  if (!done) return;
  qsort(times, done, sizeof *times, ascending);
  printf("\"count\":%ld,\"seconds\":%.4f,\"perSecond\":%.2f,\"p50Ms\":%.3f,\"p95Ms\":%.3f,\"minMs\":%.3f,\"maxMs\":%.3f,", done, seconds,
         done / seconds, times[done / 2], times[done * 95 / 100], times[0], times[done - 1]);
}

static void hold(long count, int ramp) {
  Stream *all = calloc(count, sizeof *all);
  struct epoll_event events[EVENTS];
  long started = 0, ready = 0;
  double began = now();
  while (started < count && started < ramp) start(all + started++, 'e', 0);
  while (ready < count) {
    int n = epoll_wait(poller, events, EVENTS, STALL_MS);
    if (n == 0) { stalled(); break; }
    for (int i = 0; i < n; i++) {
      Stream *stream = events[i].data.ptr;
      if (!step(stream, events[i].events)) continue;
      ready++;
      if (stream->fd >= 0) watch(stream, EPOLL_CTL_DEL, 0);
      if (started < count) start(all + started++, 'e', 0);
    }
  }
  printf("\"count\":%ld,\"seconds\":%.3f,", ready, now() - began);
}

int main(int words, char **word) {
  if (words < 5) { fprintf(stderr, "see the head of load.c\n"); return 2; }
  const char *command = word[1];
  double third = words > 5 ? atof(word[5]) : 0, fourth = words > 6 ? atof(word[6]) : 0;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  if (!strcmp(command, "down") || !strcmp(command, "up")) signal(SIGTERM, end_early);
  is_direct = !strcmp(word[2], "-");
  if (!is_direct) proxy = parse(word[2]);
  target = parse(word[3]);
  poller = epoll_create1(0);
  uint64_t amount = strtoull(word[4], NULL, 10);
  if (!strcmp(command, "down") || !strcmp(command, "up")) bulk(*command == 'd' ? 'D' : 'U', amount, third, fourth);
  else if (!strcmp(command, "first")) { printf("{"); repeat('e', amount, 1, third); }
  else if (!strcmp(command, "rate")) { printf("{"); repeat('R', amount, third, 0); }
  else if (!strcmp(command, "hold")) { printf("{"); hold(amount, third ? third : 50); }
  else return 2;
  printf("\"failed\":%d,\"error\":\"%s\"}\n", failed, failure);
  fflush(stdout);
  char byte;
  if (!strcmp(command, "hold")) while (read(0, &byte, 1) > 0);
  return failed > 0;
}

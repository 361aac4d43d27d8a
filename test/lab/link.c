// A network link in user space, with delay, jitter and random loss, between two network namespaces (many kernels have no netem).
//   link NAMESPACE_A DEVICE_A NAMESPACE_B DEVICE_B DELAY_MS JITTER_MS LOSS_PERCENT [RATE_MBIT]
// A namespace is a file such as /run/netns/NAME or /proc/PID/ns/net. The delay is one way, the jitter (evenly drawn up to that much more)
// never puts one packet before another, the loss is per packet of at most 1500 bytes; all of it in each direction. Without a rate TCP's windows and
// the delay set the pace; with one, what has waited for its turn longer than an access network's buffer holds is dropped.
// Makes a tun device in each namespace, without addresses, prints READY and carries packets until it is ended; the devices vanish with it.
// Needs root or, in a user namespace, a readable /dev/net/tun.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, QUEUE = 65536, BATCH = 64, DEVICE_QUEUE = 20000 };  // QUEUE: 98 MB in flight each way, more than any TCP window here

static const double BUFFER_S = 0.1;  // of what waits at the rate: a modest access network

typedef struct { double due; int bytes; unsigned char *packet; } Packet;
typedef struct { Packet queue[QUEUE]; unsigned head, tail; int in, out; double last, clear; } Lane;  // last: when the newest is due; clear: when it has left

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) { perror(what); exit(2); }

// Opens a tun device inside a namespace and comes back; the file stays usable from here.
static int open_device(const char *path, const char *name) {
  int home = open("/proc/self/ns/net", O_RDONLY), there = open(path, O_RDONLY);
  if (there < 0 || setns(there, CLONE_NEWNET)) die(path);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq wish = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(wish.ifr_name, name, IFNAMSIZ - 1);
  if (device < 0 || ioctl(device, TUNSETIFF, &wish)) die("/dev/net/tun");
  int any = socket(AF_INET, SOCK_DGRAM, 0);
  wish.ifr_mtu = MTU;
  if (ioctl(any, SIOCSIFMTU, &wish)) die("mtu");
  wish.ifr_qlen = DEVICE_QUEUE;
  if (ioctl(any, SIOCSIFTXQLEN, &wish)) die("txqueuelen");
  if (ioctl(any, SIOCGIFFLAGS, &wish)) die("flags");
  wish.ifr_flags |= IFF_UP;
  if (ioctl(any, SIOCSIFFLAGS, &wish)) die("up");
  if (setns(home, CLONE_NEWNET)) die("setns");
  close(any);
  close(home);
  close(there);
  return device;
}

// Evenly drawn from [0, 1).
static double draw(void) {
  static uint64_t seed = 0x9E3779B97F4A7C15ull;
  seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
  return (seed >> 11) / 9007199254740992.0;
}

static void take_in(Lane *lane, double delay, double jitter, double loss, double rate) {
  unsigned char bytes[2048];
  double t = now();
  for (int i = 0; i < BATCH; i++) {
    int n = read(lane->in, bytes, sizeof bytes);
    if (n <= 0) return;
    if (draw() < loss || lane->tail - lane->head >= QUEUE) continue;
    if (rate > 0 && lane->clear > t + BUFFER_S) continue;
    if (rate > 0) lane->clear = (lane->clear > t ? lane->clear : t) + n / rate;
    double due = (rate > 0 ? lane->clear : t) + delay + (jitter > 0 ? draw() * jitter : 0);
    if (due > lane->last) lane->last = due;
    Packet *packet = &lane->queue[lane->tail++ % QUEUE];
    *packet = (Packet){.due = lane->last, .bytes = n, .packet = malloc(n)};
    memcpy(packet->packet, bytes, n);
  }
}

// Delivers what is due; returns when the next packet will be.
static double let_out(Lane *lane, double until) {
  for (; lane->head != lane->tail; lane->head++) {
    Packet *packet = &lane->queue[lane->head % QUEUE];
    if (packet->due > now()) return packet->due < until ? packet->due : until;
    if (write(lane->out, packet->packet, packet->bytes) < 0) { /* a full device drops, as a real one would */ }
    free(packet->packet);
  }
  return until;
}

int main(int words, char **word) {
  if (words != 8 && words != 9) {
    fprintf(stderr, "link NAMESPACE_A DEVICE_A NAMESPACE_B DEVICE_B DELAY_MS JITTER_MS LOSS_PERCENT [RATE_MBIT]\n");
    return 2;
  }
  double delay = atof(word[5]) / 1e3, jitter = atof(word[6]) / 1e3, loss = atof(word[7]) / 100, rate = words == 9 ? atof(word[8]) * 1e6 / 8 : 0;
  int a = open_device(word[1], word[2]), b = open_device(word[3], word[4]);
  Lane *lanes = calloc(2, sizeof *lanes);
  lanes[0].in = lanes[1].out = a;
  lanes[1].in = lanes[0].out = b;
  printf("READY\n");
  fflush(stdout);
  for (;;) {
    double next = let_out(&lanes[1], let_out(&lanes[0], now() + 1)), wait = next - now();
    if (wait < 0) wait = 0;
    struct pollfd polls[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    struct timespec timeout = {(time_t)wait, (long)((wait - (time_t)wait) * 1e9)};
    ppoll(polls, 2, &timeout, NULL);
    for (int i = 0; i < 2; i++) if (polls[i].revents & POLLIN) take_in(&lanes[i], delay, jitter, loss, rate);
  }
}

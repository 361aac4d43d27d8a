// A network link in user space, with delay and random loss, between two network namespaces (many kernels have no netem).
//   link NAMESPACE_A NAMESPACE_B DELAY_MS LOSS_PERCENT     one-way delay; loss is per packet of at most 1500 bytes, in each direction
// Makes a tun device in each namespace, 10.99.0.1 in A and 10.99.0.2 in B, prints READY and carries packets until it is ended; the devices
// vanish with it. Needs root. The link has no rate of its own: TCP's windows and the delay set the pace.
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
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, QUEUE = 65536, BATCH = 64 };  // QUEUE: 98 MB in flight each way, more than any TCP window here

typedef struct { double due; int bytes; unsigned char *packet; } Packet;
typedef struct { Packet queue[QUEUE]; unsigned head, tail; int in, out; } Lane;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) { perror(what); exit(2); }

// Opens a tun device inside a namespace and comes back; the file stays usable from here.
static int open_device(const char *name, const char *own, const char *peer) {
  char path[128], setup[256];
  snprintf(path, sizeof path, "/var/run/netns/%s", name);
  int home = open("/proc/self/ns/net", O_RDONLY), there = open(path, O_RDONLY);
  if (there < 0 || setns(there, CLONE_NEWNET)) die(name);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq wish = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(wish.ifr_name, "link0");
  if (device < 0 || ioctl(device, TUNSETIFF, &wish)) die("tun");
  snprintf(setup, sizeof setup, "ip link set lo up && ip addr add %s peer %s dev link0 && ip link set link0 mtu %d txqueuelen 20000 up", own, peer, MTU);
  if (system(setup)) die(setup);
  if (setns(home, CLONE_NEWNET)) die("setns");
  close(home);
  close(there);
  return device;
}

static int is_lost(double loss) {
  static uint64_t seed = 0x9E3779B97F4A7C15ull;
  seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
  return (seed >> 11) / 9007199254740992.0 < loss;
}

static void take_in(Lane *lane, double delay, double loss) {
  unsigned char bytes[2048];
  double t = now();
  for (int i = 0; i < BATCH; i++) {
    int n = read(lane->in, bytes, sizeof bytes);
    if (n <= 0) return;
    if (is_lost(loss) || lane->tail - lane->head >= QUEUE) continue;
    Packet *packet = &lane->queue[lane->tail++ % QUEUE];
    *packet = (Packet){.due = t + delay, .bytes = n, .packet = malloc(n)};
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
  if (words != 5) { fprintf(stderr, "link NAMESPACE_A NAMESPACE_B DELAY_MS LOSS_PERCENT\n"); return 2; }
  double delay = atof(word[3]) / 1e3, loss = atof(word[4]) / 100;
  int a = open_device(word[1], "10.99.0.1", "10.99.0.2"), b = open_device(word[2], "10.99.0.2", "10.99.0.1");
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
    for (int i = 0; i < 2; i++) if (polls[i].revents & POLLIN) take_in(&lanes[i], delay, loss);
  }
}

// latency NETNS NETNS ADDRESS PORT COUNT: from send(2) in one namespace to recv(2) in another, a thousand datagrams
// a second; prints the times in nanoseconds, a line each.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void enter(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) perror(path), exit(1);
  close(fd);
}

static long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000L + at.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[4]))};
  inet_pton(AF_INET, argv[3], &address.sin_addr);
  enter(argv[1]);
  int from = socket(AF_INET, SOCK_DGRAM, 0);
  enter(argv[2]);
  int to = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(to, (struct sockaddr *)&address, sizeof address) < 0) return perror("bind"), 1;
  struct timeval patience = {1, 0};
  setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (int i = 0; i < atoi(argv[5]); i++) {
    char bytes[64] = "ping";
    long start = now();
    sendto(from, bytes, sizeof bytes, 0, (struct sockaddr *)&address, sizeof address);
    if (recv(to, bytes, sizeof bytes, 0) < 0) return perror("recv"), 1;
    printf("%ld\n", now() - start);
    usleep(1000);
  }
}

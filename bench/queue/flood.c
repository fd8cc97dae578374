// flood ADDRESS PORT SIZE COUNT: UDP datagrams as fast as sendmmsg(2) sends them; COUNT 0 for until it is killed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64 };

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &to.sin_addr);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int buffer = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return perror("connect"), 1;
  static char bytes[0x10000] = "ping";
  int size = atoi(argv[3]);
  long count = atol(argv[4]);
  struct iovec part = {bytes, size};
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
  for (long sent = 0; count == 0 || sent < count;) {
    long left = count == 0 ? BATCH : count - sent;
    int done = sendmmsg(fd, messages, left < BATCH ? left : BATCH, 0);
    if (done > 0) sent += done;
  }
}

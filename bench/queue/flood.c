// flood ADDRESS PORT SIZE COUNT: UDP datagrams as fast as sendmmsg(2) sends them; COUNT 0 for until it is killed.
// Up to 32 of them leave as one (UDP_SEGMENT, udp(7)) and are cut apart in front of the queue: one that sends each by
// itself is slower than the receivers, and would measure itself.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 16, SEGMENTS = 32, LARGEST = 60000 };

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

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
  int together = LARGEST / size < SEGMENTS ? LARGEST / size : SEGMENTS;
  if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) < 0) together = 1;
  struct iovec part = {bytes, (size_t)size * together};
  struct iovec rest = {bytes, size};
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
  for (long sent = 0; count == 0 || sent < count;) {
    long left = count == 0 ? BATCH : (count - sent) / together;
    if (left > 0) {
      int done = sendmmsg(fd, messages, left < BATCH ? left : BATCH, 0);
      if (done > 0) sent += (long)done * together;
    } else {
      struct msghdr last = {.msg_iov = &rest, .msg_iovlen = 1};
      if (sendmsg(fd, &last, 0) > 0) sent++;
    }
  }
}

// batched QUEUE accept|rewrite: as fast as a C program is likely to be: recvmmsg(2) of 64 messages, and their
// verdicts one behind the other in one send(2).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, RCVBUF = 256 << 20, QUEUE_LENGTH = 65535, MESSAGE = 0x11000 };

static char in[BATCH][MESSAGE];
static char out[BATCH * MESSAGE];
static uint16_t number;

static struct nlmsghdr *begin(char *at, int type, int flags) {
  struct nlmsghdr *header = (struct nlmsghdr *)at;
  memset(header, 0, NLMSG_LENGTH(sizeof(struct nfgenmsg)));
  header->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
  header->nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg));
  ((struct nfgenmsg *)NLMSG_DATA(header))->res_id = htons(number);
  return header;
}

static void put(struct nlmsghdr *header, int type, const void *data, int length) {
  struct nlattr *attr = (struct nlattr *)((char *)header + NLMSG_ALIGN(header->nlmsg_len));
  attr->nla_type = type;
  attr->nla_len = NLA_HDRLEN + length;
  memcpy((char *)attr + NLA_HDRLEN, data, length);
  header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

static void configure(int fd, int type, const void *data, int length) {
  char bytes[256];
  struct nlmsghdr *header = begin(bytes, NFQNL_MSG_CONFIG, NLM_F_ACK);
  put(header, type, data, length);
  if (send(fd, bytes, header->nlmsg_len, 0) < 0) perror("send"), exit(1);
  char answer[4096];
  recv(fd, answer, sizeof answer, 0);
  int error = ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)answer))->error;
  if (error) fprintf(stderr, "%s\n", strerror(-error)), exit(1);
}

static uint32_t sum(const uint8_t *bytes, int length, uint32_t total) {
  for (int i = 0; i + 1 < length; i += 2) total += bytes[i] << 8 | bytes[i + 1];
  return length & 1 ? total + (bytes[length - 1] << 8) : total;
}

/** The whole UDP checksum anew, as libnetfilter_queue makes it (RFC 768). */
static void mangle(uint8_t *packet) {
  int ihl = (packet[0] & 15) * 4;
  struct udphdr *udp = (struct udphdr *)(packet + ihl);
  memcpy(udp + 1, "pong", 4);
  udp->check = 0;
  int length = ntohs(udp->len);
  uint32_t total = sum((uint8_t *)udp, length, sum(packet + 12, 8, IPPROTO_UDP + length));
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  udp->check = htons((uint16_t)~total) ?: 0xffff;
}

/** The verdict of one message behind those before it; its length. */
static int answer(char *message, char *at, int rewrite) {
  struct nlmsghdr *header = (struct nlmsghdr *)message;
  if (header->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) return 0;
  struct nfqnl_msg_verdict_hdr verdict = {.verdict = htonl(NF_ACCEPT)};
  uint8_t *packet = NULL;
  int packetLength = 0;
  int left = header->nlmsg_len - NLMSG_LENGTH(sizeof(struct nfgenmsg));
  char *attrs = message + NLMSG_LENGTH(sizeof(struct nfgenmsg));
  while (left >= (int)NLA_HDRLEN) {
    struct nlattr *attr = (struct nlattr *)attrs;
    if (attr->nla_type == NFQA_PACKET_HDR) memcpy(&verdict.id, attrs + NLA_HDRLEN, 4);
    if (attr->nla_type == NFQA_PAYLOAD) packet = (uint8_t *)attrs + NLA_HDRLEN, packetLength = attr->nla_len - NLA_HDRLEN;
    attrs += NLA_ALIGN(attr->nla_len);
    left -= NLA_ALIGN(attr->nla_len);
  }
  struct nlmsghdr *reply = begin(at, NFQNL_MSG_VERDICT, 0);
  put(reply, NFQA_VERDICT_HDR, &verdict, sizeof verdict);
  if (rewrite && packet) {
    mangle(packet);
    put(reply, NFQA_PAYLOAD, packet, packetLength);
  }
  return reply->nlmsg_len;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  number = atoi(argv[1]);
  int rewrite = strcmp(argv[2], "rewrite") == 0;
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof self) < 0) return perror("netlink"), 1;
  int size = RCVBUF, on = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
  struct nfqnl_msg_config_cmd bind_ = {.command = NFQNL_CFG_CMD_BIND, .pf = htons(AF_INET)};
  configure(fd, NFQA_CFG_CMD, &bind_, sizeof bind_);
  uint32_t length = htonl(QUEUE_LENGTH);
  configure(fd, NFQA_CFG_QUEUE_MAXLEN, &length, sizeof length);
  struct nfqnl_msg_config_params params = {.copy_range = htonl(0xffff), .copy_mode = NFQNL_COPY_PACKET};
  configure(fd, NFQA_CFG_PARAMS, &params, sizeof params);
  static struct mmsghdr messages[BATCH];
  static struct iovec parts[BATCH];
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){in[i], MESSAGE};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  for (;;) {
    int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    int used = 0;
    for (int i = 0; i < count; i++) used += answer(in[i], out + used, rewrite);
    if (used > 0) send(fd, out, used, 0);
  }
}

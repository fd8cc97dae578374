// classic QUEUE accept|rewrite: what the documentation of libnetfilter_queue shows and most programs are: one
// recv(2), one packet, one verdict.
#include <arpa/inet.h>
#include <stdbool.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <libnetfilter_queue/libnetfilter_queue_ipv4.h>
#include <libnetfilter_queue/libnetfilter_queue_udp.h>
#include <libnetfilter_queue/pktbuff.h>
#include <linux/netfilter.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { RCVBUF = 256 << 20, QUEUE_LENGTH = 65535 };

static int rewrite;

static int on_packet(struct nfq_q_handle *queue, struct nfgenmsg *message, struct nfq_data *data, void *context) {
  (void)message;
  (void)context;
  struct nfqnl_msg_packet_hdr *header = nfq_get_msg_packet_hdr(data);
  uint32_t id = header ? ntohl(header->packet_id) : 0;
  unsigned char *bytes;
  int length = nfq_get_payload(data, &bytes);
  if (!rewrite || length < 0) return nfq_set_verdict(queue, id, NF_ACCEPT, 0, NULL);
  struct pkt_buff *packet = pktb_alloc(AF_INET, bytes, length, 0);
  struct iphdr *ip = nfq_ip_get_hdr(packet);
  nfq_ip_set_transport_header(packet, ip);
  nfq_udp_mangle_ipv4(packet, 0, 4, "pong", 4);
  int done = nfq_set_verdict(queue, id, NF_ACCEPT, pktb_len(packet), pktb_data(packet));
  pktb_free(packet);
  return done;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  rewrite = strcmp(argv[2], "rewrite") == 0;
  struct nfq_handle *handle = nfq_open();
  if (!handle) return perror("nfq_open"), 1;
  struct nfq_q_handle *queue = nfq_create_queue(handle, atoi(argv[1]), &on_packet, NULL);
  if (!queue) return perror("nfq_create_queue"), 1;
  nfq_set_mode(queue, NFQNL_COPY_PACKET, 0xffff);
  nfq_set_queue_maxlen(queue, QUEUE_LENGTH);
  nfnl_rcvbufsiz(nfq_nfnlh(handle), RCVBUF);
  static char buffer[0x11000];
  for (;;) {
    int length = recv(nfq_fd(handle), buffer, sizeof buffer, 0);
    if (length >= 0) nfq_handle_packet(handle, buffer, length);
  }
}

"""client.py QUEUE accept|rewrite: the same in Python, with nothing but its own sockets."""
import socket
import struct
import sys

NETLINK_NETFILTER = 12
SOL_NETLINK, NETLINK_NO_ENOBUFS = 270, 5
SO_RCVBUFFORCE = 33
PACKET, VERDICT, CONFIG = 0x300, 0x301, 0x302
ACCEPT = 1

number = int(sys.argv[1])
rewrite = sys.argv[2] == "rewrite"
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
netlink.bind((0, 0))
netlink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
netlink.setsockopt(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)


def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def message(kind, attrs, flags=1):
    return struct.pack("=IHHII", 20 + len(attrs), kind, flags, 0, 0) + struct.pack("!BBH", 0, 0, number) + attrs


def configure(attrs):
    netlink.send(message(CONFIG, attrs, 5))
    error = struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if error:
        raise OSError(-error, "nfnetlink_queue")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1])) + (data[-1] << 8 if len(data) & 1 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mangled(packet):
    ihl = (packet[0] & 15) * 4
    udp = bytearray(packet[ihl:])
    udp[8:12] = b"pong"
    udp[6:8] = b"\0\0"
    pseudo = packet[12:20] + struct.pack("!HH", 17, len(udp))
    udp[6:8] = struct.pack("!H", checksum(pseudo + bytes(udp)) or 0xFFFF)
    return packet[:ihl] + bytes(udp)


configure(attr(1, struct.pack("!BBH", 1, 0, socket.AF_INET)))
configure(attr(3, struct.pack("!I", 65535)))
configure(attr(2, struct.pack("!IB", 0xFFFF, 2)))
while True:
    data = netlink.recv(0x11000)
    if struct.unpack_from("=H", data, 4)[0] != PACKET:
        continue
    at, ident, packet = 20, b"", b""
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if kind == 1:
            ident = data[at + 4 : at + 8]
        elif kind == 10:
            packet = data[at + 4 : at + size]
        at += (size + 3) & ~3
    attrs = attr(2, struct.pack("!I", ACCEPT) + ident)
    netlink.send(message(VERDICT, attrs + (attr(10, mangled(packet)) if rewrite else b"")))

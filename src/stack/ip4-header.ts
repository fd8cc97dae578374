// Parts of the IPv4 header that several files write.

import { checksum, put16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';

/** ip_send_check(). */
export function writeChecksum4(packet: Packet): void {
  const { buf, network } = packet;
  const length = (buf[network]! & 0x0f) << 2;
  put16(buf, network + 10, 0);
  put16(buf, network + 10, checksum(buf, network, length));
}

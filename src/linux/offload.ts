// Switches the offloads of an interface off, so that frames carry the checksums and sizes they
// would have on a wire (ioctl SIOCETHTOOL, include/uapi/linux/ethtool.h).

import { checked, type Libc } from './libc.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_SRXCSUM = 0x15;
const ETHTOOL_STXCSUM = 0x17;
const ETHTOOL_STSO = 0x1f;
const ETHTOOL_SGSO = 0x24;
const ETHTOOL_SGRO = 0x2c;
const SWITCHES = [ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_SRXCSUM];

/** struct ifreq: the name, then a pointer to struct ethtool_value. */
function ifreq(device: string, value: bigint): Uint8Array {
  const request = new Uint8Array(40);
  for (let i = 0; i < Math.min(15, device.length); i++) request[i] = device.charCodeAt(i);
  new DataView(request.buffer).setBigUint64(16, value, true);
  return request;
}

/** Turns checksum, segmentation and receive offloads of `device` off in this thread's namespace. */
export function disableOffloads(libc: Libc, device: string): void {
  const fd = checked(libc, 'socket AF_INET', libc.socket(AF_INET, SOCK_DGRAM, 0));
  const value = new Uint8Array(8);
  const request = ifreq(device, libc.addressOf(value));
  try {
    for (const command of SWITCHES) {
      new DataView(value.buffer).setUint32(0, command, true);
      // A switch the driver does not have (EOPNOTSUPP) is off already.
      libc.ioctl(fd, SIOCETHTOOL, request);
    }
  } finally {
    libc.close(fd);
  }
}

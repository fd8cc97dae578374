import { formatIPv4, formatMac, hex, u32 } from '../../bytes/index.ts';
import type { ArpView } from '../arp.ts';
import { parseArp } from '../arp.ts';
import { isMalformed } from '../malformed.ts';
import { type Names, nameOf } from './names.ts';

const HARDWARE: Names = new Map([
  [1, 'Ethernet'],
  [6, 'TokenRing'],
  [7, 'ArcNet'],
  [15, 'FrameRelay'],
  [17, 'Strip'],
  [24, 'IEEE 1394'],
  [32, 'InfiniBand'],
]);

const protocolAddress = (arp: ArpView, address: Uint8Array): string =>
  arp.protocolLength === 4 ? formatIPv4(u32(address, 0)) : hex(address);

const hardwareAddress = (address: Uint8Array): string =>
  address.length === 6 ? formatMac(address) : hex(address, ':');

/** The address asked for is mostly zero; tcpdump then leaves it out. */
const askedHardware = (arp: ArpView): string =>
  arp.targetHardware.every((byte) => byte === 0) ? '' : ` (${hardwareAddress(arp.targetHardware)})`;

function operationText(arp: ArpView): string {
  const sender = protocolAddress(arp, arp.senderProtocol);
  const target = protocolAddress(arp, arp.targetProtocol);
  const senderMac = hardwareAddress(arp.senderHardware);
  const targetMac = hardwareAddress(arp.targetHardware);
  switch (arp.operation) {
    case 1:
      return `Request who-has ${target}${askedHardware(arp)} tell ${sender}`;
    case 2:
      return `Reply ${sender} is-at ${senderMac}`;
    case 3:
      return `Reverse Request who-is ${targetMac} tell ${senderMac}`;
    case 4:
      return `Reverse Reply ${targetMac} at ${target}`;
    case 8:
      return `Inverse Request who-is ${targetMac} tell ${senderMac}`;
    case 9:
      return `Inverse Reply ${senderMac} at ${sender}`;
    default:
      return `Unknown (${arp.operation})`;
  }
}

/** Everything after `ARP, `. */
export function printArp(bytes: Uint8Array): string {
  const arp = parseArp(bytes);
  if (isMalformed(arp)) return '[|arp]';
  const hardware = nameOf(HARDWARE, arp.hardwareType, `Unknown Hardware (${arp.hardwareType})`);
  const protocol =
    arp.protocolType === 0x0800 ? 'IPv4' : `Unknown Protocol (0x${arp.protocolType.toString(16)})`;
  const lengths = `${hardware} (len ${arp.hardwareLength}), ${protocol} (len ${arp.protocolLength})`;
  return `${lengths}, ${operationText(arp)}, length ${bytes.length}`;
}

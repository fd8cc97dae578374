import { formatIPv4, u16, u32 } from '../../bytes/index.ts';
import { expectedChecksum } from '../checksums.ts';
import { ICMP_HEADER_LENGTH, IcmpView } from '../icmp.ts';
import { IPV4_DESTINATION, IPV4_PROTOCOL, ipv4HeaderLength } from '../ipv4.ts';
import { headerBytes, isCut, type Spot } from './spot.ts';

/** Codes of "unreachable" after the address, and what comes before it. */
const UNREACHABLE: readonly (readonly [string, string])[] = [
  ['net ', ''],
  ['host ', ''],
  ['', ''],
  ['', ''],
  ['', ' - need to frag'],
  ['', ' - source route failed'],
  ['net ', ' - unknown'],
  ['host ', ' - unknown'],
  ['', ' - source host isolated'],
  ['net ', ' - admin prohibited'],
  ['host ', ' - admin prohibited'],
  ['net ', ' - tos prohibited'],
  ['host ', ' - tos prohibited'],
  ['host ', ' - admin prohibited filter'],
  ['host ', ' - host precedence violation'],
  ['host ', ' - precedence cutoff'],
];

const PORT_PROTOCOLS = new Map([
  [6, 'tcp'],
  [17, 'udp'],
]);

/** Undefined where too little of the packet is quoted to say it. */
function portUnreachable(quoted: Uint8Array, address: string): string | undefined {
  const ports = ipv4HeaderLength(quoted, 0);
  if (quoted.length < ports + 4) return undefined;
  const protocol = quoted[IPV4_PROTOCOL]!;
  const port = u16(quoted, ports + 2);
  const name = PORT_PROTOCOLS.get(protocol);
  return name === undefined
    ? `${address} protocol ${protocol} port ${port} unreachable`
    : `${address} ${name} port ${port} unreachable`;
}

function unreachable(icmp: IcmpView): string | undefined {
  const quoted = icmp.payload;
  if (quoted.length < 20) return undefined;
  const address = formatIPv4(u32(quoted, IPV4_DESTINATION));
  if (icmp.code === 2) return `${address} protocol ${quoted[IPV4_PROTOCOL]} unreachable`;
  if (icmp.code === 3) return portUnreachable(quoted, address);
  const [before, after] = UNREACHABLE[icmp.code] ?? ['', ` - #${icmp.code}`];
  const mtu = icmp.code === 4 && icmp.mtu !== 0 ? ` (mtu ${icmp.mtu})` : '';
  return `${before}${address} unreachable${after}${mtu}`;
}

const REDIRECTS: readonly (readonly [string, string])[] = [
  ['redirect', 'to net'],
  ['redirect', 'to host'],
  ['redirect-tos', 'to net'],
  ['redirect-tos', 'to host'],
];

function redirect(icmp: IcmpView): string | undefined {
  if (icmp.payload.length < 20) return undefined;
  const [what, to] = REDIRECTS[icmp.code] ?? [`redirect-#${icmp.code}`, 'to'];
  const address = formatIPv4(u32(icmp.payload, IPV4_DESTINATION));
  return `${what} ${address} ${to} ${formatIPv4(icmp.gateway)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Milliseconds since midnight UT (RFC 792). */
function timeOfDay(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const rest = String(milliseconds % 1000).padStart(3, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}

function timestampReply(icmp: IcmpView): string {
  const head = `time stamp reply id ${icmp.identifier} seq ${icmp.sequence}`;
  if (icmp.payload.length < 12) return head;
  const [org, recv, xmit] = [0, 4, 8].map((at) => timeOfDay(u32(icmp.payload, at)));
  return `${head}: org ${org}, recv ${recv}, xmit ${xmit}`;
}

function lifetime(seconds: number): string {
  if (seconds < 60) return String(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** Router advertisement (RFC 1256 §3): number of addresses, size of an entry in words, lifetime. */
function routerAdvertisement({ bytes, payload }: IcmpView): string {
  const count = bytes[4]!;
  const head = `router advertisement lifetime ${lifetime(u16(bytes, 6))} ${count}:`;
  if (bytes[5] !== 2) return `${head} [size ${bytes[5]}]`;
  const there = Math.min(count, payload.length >>> 3);
  const entries = Array.from({ length: there }, (_, i) => {
    return ` {${formatIPv4(u32(payload, 8 * i))} ${u32(payload, 8 * i + 4)}}`;
  });
  return head + entries.join('');
}

const TIME_EXCEEDED = ['time exceeded in-transit', 'ip reassembly time exceeded'];

/** Undefined where the message is cut too short to say more than its type. */
function messageText(icmp: IcmpView): string | undefined {
  const { type, code } = icmp;
  const echo = `id ${icmp.identifier}, seq ${icmp.sequence}`;
  switch (type) {
    case 0:
      return `echo reply, ${echo}`;
    case 3:
      return unreachable(icmp);
    case 4:
      return 'source quench';
    case 5:
      return redirect(icmp);
    case 8:
      return `echo request, ${echo}`;
    case 9:
      return routerAdvertisement(icmp);
    case 10:
      return 'router solicitation';
    case 11:
      return TIME_EXCEEDED[code] ?? `time exceeded-#${code}`;
    case 12:
      return `parameter problem - ${code === 0 ? `octet ${icmp.pointer}` : `code ${code}`}`;
    case 13:
      return `time stamp query id ${icmp.identifier} seq ${icmp.sequence}`;
    case 14:
      return timestampReply(icmp);
    case 15:
      return 'information request';
    case 16:
      return 'information reply';
    case 17:
      return 'address mask request';
    case 18:
      return `address mask is 0x${u32(icmp.payload, 0).toString(16).padStart(8, '0')}`;
    default:
      return `type-#${type}`;
  }
}

function checksumText(spot: Spot, icmp: IcmpView): string {
  if (spot.fragmented || isCut(spot)) return '';
  const { bytes, network, offset, end, protocol } = spot;
  const expected = expectedChecksum(bytes, network, offset, end, protocol);
  if (expected < 0 || expected === icmp.checksum) return '';
  return ` (wrong icmp cksum ${icmp.checksum.toString(16)} (->${expected.toString(16)})!)`;
}

/** `quote` prints the packet that an error quotes. */
export function printIcmp(spot: Spot, quote: (packet: Uint8Array) => string): string {
  const bytes = headerBytes(spot);
  if (bytes.length < ICMP_HEADER_LENGTH) return ' [|icmp]';
  const icmp = new IcmpView(bytes);
  const message = messageText(icmp);
  const head = message === undefined ? 'ICMP [|icmp]' : `ICMP ${message}`;
  const { quoted } = icmp;
  const inner = quoted === undefined || quoted.length === 0 ? '' : ` ${quote(quoted)}`;
  return `${head}, length ${spot.length}${checksumText(spot, icmp)}${inner}`;
}

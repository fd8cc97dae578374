import { expectedChecksum } from '../checksums.ts';
import { UDP_HEADER_LENGTH, UdpView } from '../udp.ts';
import { UDPLITE_HEADER_LENGTH, UdpLiteView } from '../udplite.ts';
import { hex4 } from './names.ts';
import { headerBytes, isCut, isIPv6, noPortsText, portsText, type Spot } from './spot.ts';

/** A good sum over IPv4 is only said at verbosity 2, as tcpdump does; a bad one always. */
function checksumText(spot: Spot, actual: number): string {
  if (spot.fragmented || isCut(spot)) return '';
  const loud = spot.options.verbosity === 2;
  if (actual === 0 && !isIPv6(spot)) return loud ? '[no cksum] ' : '';
  const { bytes, network, offset, end, protocol } = spot;
  const expected = expectedChecksum(bytes, network, offset, end, protocol);
  if (expected < 0) return '';
  if (actual !== expected) return `[bad udp cksum ${hex4(actual)} -> ${hex4(expected)}!] `;
  return loud || isIPv6(spot) ? '[udp sum ok] ' : '';
}

export function printUdp(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < 4) return `${noPortsText(spot)} [|udp]`;
  const udp = new UdpView(bytes);
  const ports = portsText(spot, udp.sourcePort, udp.destinationPort);
  if (bytes.length < UDP_HEADER_LENGTH) return `${ports} [|udp]`;
  const { length } = udp;
  if (length !== 0 && length < UDP_HEADER_LENGTH) return `${ports}truncated-udplength ${length}`;
  const carried = length === 0 ? spot.length - UDP_HEADER_LENGTH : length - UDP_HEADER_LENGTH;
  // The first fragment of a datagram carries less than the header says, and rightly so.
  const room = spot.length - UDP_HEADER_LENGTH;
  if (carried > room && !spot.fragmented) return `${ports}UDP, bad length ${carried} > ${room}`;
  return `${ports}${checksumText(spot, udp.checksum)}UDP, length ${carried}`;
}

export function printUdpLite(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < UDPLITE_HEADER_LENGTH) return `${noPortsText(spot)} [|udplite]`;
  const lite = new UdpLiteView(bytes);
  const ports = portsText(spot, lite.sourcePort, lite.destinationPort);
  const covered = lite.coverage === 0 ? 'all' : String(lite.coverage);
  const sum = checksumText(spot, lite.checksum).replace('udp ', 'udplite ');
  return `${ports}${sum}UDP-Lite, coverage ${covered}, length ${spot.length - UDPLITE_HEADER_LENGTH}`;
}

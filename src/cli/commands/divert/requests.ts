// Who asked for what: the first packet of a connection, as it was before the translation.

import { formatIPv4, formatIPv6, u16, u32 } from '../../../bytes/index.ts';
import type { LoggedPacket } from '../../../netlink/index.ts';
import { findTransport, transportPlace } from '../../../packet/index.ts';
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  NFPROTO_IPV6,
} from '../../../uapi/index.ts';
import { clockText, timeOf } from '../../log-groups.ts';
import type { DivertConfig } from './config.ts';

export interface Request {
  /** Seconds since 1970. */
  readonly time: number;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly from: string;
  readonly fromPort?: number;
  readonly to: string;
  readonly toPort?: number;
  /** Where it came in; absent for this host's own. */
  readonly in?: string;
  readonly uid?: number;
  /** The port it goes to; absent where it is left alone, and for pings, which the host answers. */
  readonly listener?: number;
  /** No listener of that port: it goes to the default. */
  readonly isDefault: boolean;
}

const NAMES: Readonly<Record<number, Request['protocol']>> = {
  [IPPROTO_TCP]: 'tcp',
  [IPPROTO_UDP]: 'udp',
  [IPPROTO_ICMP]: 'icmp',
  [IPPROTO_ICMPV6]: 'icmp',
};

const place = transportPlace();

const within = (ports: string, port: number): boolean => {
  const [low, high = low] = ports.split('-').map(Number);
  return port >= low! && port <= high!;
};

/** The listener a port goes to, as the rules have it: the first that takes it. */
function listenerOf(config: DivertConfig, protocol: Request['protocol'], port: number) {
  if (protocol === 'icmp') return { isDefault: false };
  const own = config.listeners.find(
    (one) =>
      one.protocol === protocol &&
      (one.port === port || one.for.some((ports) => within(ports, port))),
  );
  if (own !== undefined) return { listener: own.port, isDefault: false };
  const fallback = config.fallback[protocol];
  return fallback === undefined ? { isDefault: false } : { listener: fallback, isDefault: true };
}

const addressAt = (bytes: Uint8Array, at: number, isV6: boolean): string =>
  isV6 ? formatIPv6(bytes, at) : formatIPv4(u32(bytes, at));

/** Undefined for what is no TCP, UDP or ICMP packet, or is cut short. */
export function requestOf(
  packet: LoggedPacket,
  config: DivertConfig,
  interfaceName: (index: number) => string,
): Request | undefined {
  const { payload: bytes, indev, uid, family } = packet;
  if (bytes === undefined || !findTransport(bytes, 0, bytes.length, place)) return undefined;
  const protocol = NAMES[place.protocol];
  if (protocol === undefined || place.fragmentOffset !== 0) return undefined;
  const isV6 = family === NFPROTO_IPV6 || bytes[0]! >>> 4 === 6;
  const hasPorts = protocol !== 'icmp' && place.end - place.offset >= 4;
  const toPort = hasPorts ? u16(bytes, place.offset + 2) : undefined;
  return {
    time: timeOf(packet),
    protocol,
    from: addressAt(bytes, isV6 ? 8 : 12, isV6),
    ...(hasPorts && { fromPort: u16(bytes, place.offset) }),
    to: addressAt(bytes, isV6 ? 24 : 16, isV6),
    ...(toPort !== undefined && { toPort }),
    ...(indev && { in: interfaceName(indev) }),
    ...(uid !== undefined && { uid }),
    ...listenerOf(config, protocol, toPort ?? 0),
  };
}

const end = (address: string, port: number | undefined): string => {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};

/** `12:00:01.250  tcp 10.0.0.2:40000 asks 203.0.113.9:45678 → :1337 (default)`, a line for a person. */
export function requestText(request: Request): string {
  const { time, protocol, from, fromPort, to, toPort, listener, isDefault, uid } = request;
  const where = listener === undefined ? '' : ` → :${listener}${isDefault ? ' (default)' : ''}`;
  const who = request.in === undefined && uid !== undefined ? ` uid ${uid}` : '';
  return `${clockText(time)}  ${protocol} ${end(from, fromPort)} asks ${end(to, toPort)}${where}${who}`;
}

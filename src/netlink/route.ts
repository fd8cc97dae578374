// Links, addresses and routes of a namespace (rtnetlink(7)). struct ifinfomsg, ifaddrmsg and rtmsg are
// in the host's order, as is every number in an attribute.

import { formatIPv4, formatIPv6, formatMac, u32, viewOf } from '../bytes/index.ts';
import * as u from '../uapi/index.ts';
import { Attributes, type Kept } from './attributes.ts';
import { type Malformed, malformed } from './malformed.ts';
import type { Message } from './message.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const IFINFOMSG = 16;
const IFADDRMSG = 8;
const RTMSG = 12;

export interface Link {
  readonly kind: 'link';
  readonly index: number;
  readonly name: string;
  /** IFF_* */
  readonly flags: number;
  /** ARPHRD_* */
  readonly type: number;
  readonly address?: string;
  readonly mtu: number;
  /** Index of the bridge or bond it is a port of. */
  readonly master?: number;
  /** `veth`, `bridge` … */
  readonly driver?: string;
  readonly unknown?: Kept;
}

export interface LinkAddress {
  readonly kind: 'address';
  readonly index: number;
  readonly family: 'ip' | 'ip6';
  readonly prefix: number;
  readonly address: string;
  readonly scope: number;
  readonly unknown?: Kept;
}

export interface Route {
  readonly kind: 'route';
  readonly family: 'ip' | 'ip6';
  /** Absent for the default route. */
  readonly destination?: string;
  readonly prefix: number;
  readonly gateway?: string;
  readonly source?: string;
  /** Index of the interface it leaves by. */
  readonly outdev?: number;
  readonly table: number;
  /** RTN_* */
  readonly type: number;
  readonly metric?: number;
  readonly unknown?: Kept;
}

const familyOf = (number: number): 'ip' | 'ip6' | undefined =>
  number === AF_INET ? 'ip' : number === AF_INET6 ? 'ip6' : undefined;

function addressText(a: Attributes, type: number): string {
  const bytes = a.bytes(type);
  if (bytes.length === 4) return formatIPv4(u32(bytes, 0));
  if (bytes.length === 16) return formatIPv6(bytes);
  a.fail(`address ${type}: ${bytes.length} bytes`);
  return '';
}

function readLink(payload: Uint8Array, a: Attributes, littleEndian: boolean): Link {
  const view = viewOf(payload);
  const address = a.bytes(u.IFLA_ADDRESS);
  const driver = a.nested(u.IFLA_LINKINFO).text(u.IFLA_INFO_KIND);
  return {
    kind: 'link',
    index: view.getInt32(4, littleEndian),
    name: a.text(u.IFLA_IFNAME),
    flags: view.getUint32(8, littleEndian),
    type: view.getUint16(2, littleEndian),
    ...(address.length === 6 && { address: formatMac(address) }),
    mtu: a.u32host(u.IFLA_MTU),
    ...(a.has(u.IFLA_MASTER) && { master: a.u32host(u.IFLA_MASTER) }),
    ...(driver !== '' && { driver }),
  };
}

/** On a point-to-point link IFA_ADDRESS is the other end, IFA_LOCAL this one. */
function readAddress(
  payload: Uint8Array,
  a: Attributes,
  littleEndian: boolean,
): LinkAddress | Malformed {
  const family = familyOf(payload[0]!);
  if (family === undefined) return malformed(`address of family ${payload[0]}`);
  return {
    kind: 'address',
    index: viewOf(payload).getUint32(4, littleEndian),
    family,
    prefix: payload[1]!,
    address: addressText(a, a.has(u.IFA_LOCAL) ? u.IFA_LOCAL : u.IFA_ADDRESS),
    scope: payload[3]!,
  };
}

function readRoute(payload: Uint8Array, a: Attributes): Route | Malformed {
  const family = familyOf(payload[0]!);
  if (family === undefined) return malformed(`route of family ${payload[0]}`);
  return {
    kind: 'route',
    family,
    ...(a.has(u.RTA_DST) && { destination: addressText(a, u.RTA_DST) }),
    prefix: payload[1]!,
    ...(a.has(u.RTA_GATEWAY) && { gateway: addressText(a, u.RTA_GATEWAY) }),
    ...(a.has(u.RTA_PREFSRC) && { source: addressText(a, u.RTA_PREFSRC) }),
    ...(a.has(u.RTA_OIF) && { outdev: a.u32host(u.RTA_OIF) }),
    table: a.has(u.RTA_TABLE) ? a.u32host(u.RTA_TABLE) : payload[4]!,
    type: payload[7]!,
    ...(a.has(u.RTA_PRIORITY) && { metric: a.u32host(u.RTA_PRIORITY) }),
  };
}

const HEADERS: ReadonlyMap<number, number> = new Map([
  [u.RTM_NEWLINK, IFINFOMSG],
  [u.RTM_DELLINK, IFINFOMSG],
  [u.RTM_NEWADDR, IFADDRMSG],
  [u.RTM_DELADDR, IFADDRMSG],
  [u.RTM_NEWROUTE, RTMSG],
  [u.RTM_DELROUTE, RTMSG],
]);

/** A link, address or route that is there, came or went; the message's type says which. */
export function decodeRoute(
  { type, payload }: Message,
  littleEndian: boolean,
): Link | LinkAddress | Route | Malformed {
  const header = HEADERS.get(type);
  if (header === undefined) return malformed(`message ${type} is no link, address or route`);
  if (payload.length < header) return malformed(`header: ${payload.length} bytes of ${header}`);
  const a = new Attributes(payload.subarray(header), littleEndian);
  const read =
    header === IFINFOMSG
      ? readLink(payload, a, littleEndian)
      : header === IFADDRMSG
        ? readAddress(payload, a, littleEndian)
        : readRoute(payload, a);
  if ('ok' in read) return read;
  return a.error === undefined ? { ...read, ...a.kept() } : malformed(a.error);
}

const GET = { links: u.RTM_GETLINK, addresses: u.RTM_GETADDR, routes: u.RTM_GETROUTE } as const;
const LENGTH = { links: IFINFOMSG, addresses: IFADDRMSG, routes: RTMSG } as const;

/** All of one kind, of both families. */
export const routeDump = (what: keyof typeof GET, seq: number): Message => ({
  type: GET[what],
  flags: u.NLM_F_REQUEST | u.NLM_F_DUMP,
  seq,
  pid: 0,
  payload: new Uint8Array(LENGTH[what]),
});

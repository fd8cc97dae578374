import {
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_P_RARP,
  IPPROTO_AH,
  IPPROTO_DCCP,
  IPPROTO_DSTOPTS,
  IPPROTO_ESP,
  IPPROTO_FRAGMENT,
  IPPROTO_GRE,
  IPPROTO_HIP,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_MH,
  IPPROTO_ROUTING,
  IPPROTO_SCTP,
  IPPROTO_SHIM6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  LINKTYPE_ETHERNET,
} from '../uapi/index.ts';
import { ahFields, parseAh } from './ah.ts';
import { arpFields, parseArp } from './arp.ts';
import { dccpFields, parseDccp } from './dccp.ts';
import type { DissectedFields, DissectedLayer } from './dissected.ts';
import { espFields, parseEsp } from './esp.ts';
import { ethernetFields, isVlanType, parseEthernet } from './ethernet.ts';
import { greFields, parseGre } from './gre.ts';
import { icmpFields, parseIcmp } from './icmp.ts';
import { icmpv6Fields, parseIcmpv6 } from './icmpv6.ts';
import { igmpFields, parseIgmp } from './igmp.ts';
import { ipv4Fields, parseIPv4Packet } from './ipv4.ts';
import { ipv6Fields, parseIPv6Packet } from './ipv6.ts';
import {
  extensionFields,
  fragmentFields,
  mobilityFields,
  optionsFields,
  parseExtension,
  parseFragment,
  parseMobility,
  parseOptionsHeader,
  parseRouting,
  routingFields,
} from './ipv6-extensions.ts';
import { linkPayload } from './link.ts';
import { isMalformed, type Malformed, malformed } from './malformed.ts';
import { isMldType, parseMld } from './mld.ts';
import { isNdType, parseNd } from './nd.ts';
import { parseSctp, sctpFields } from './sctp.ts';
import { parseTcp, tcpFields } from './tcp.ts';
import { parseUdp, udpFields } from './udp.ts';
import { parseUdpLite, udpLiteFields } from './udplite.ts';
import { parseVlan, vlanFields } from './vlan.ts';

/** What the layers before say about the bytes. */
interface Surroundings {
  /** The packet may be cut short, as quoted ones and first fragments are. */
  readonly truncated: boolean;
  /** How many packets quote this one. */
  readonly quotes: number;
}

/** What comes after a layer: known by EtherType, by IP protocol, or plain bytes. */
type Next =
  | { readonly by: 'ethertype' | 'protocol'; readonly value: number }
  | { readonly by: 'frame' }
  | { readonly by: 'bytes' };

interface Step {
  readonly fields: DissectedFields;
  /** Bytes of the layer's own header. */
  readonly length: number;
  readonly next: Next;
  /** Where the packet ends by this layer's own length field, from the layer's begin. */
  readonly total?: number;
}

const BYTES: Next = { by: 'bytes' };
const byProtocol = (value: number): Next => ({ by: 'protocol', value });
const byEthertype = (value: number): Next => ({ by: 'ethertype', value });

/** Turns a view that may be malformed into a step. */
function step<V>(view: V | Malformed, make: (view: V) => Step | Malformed): Step | Malformed {
  return isMalformed(view) ? view : make(view);
}

/** A layer that carries plain bytes. */
const leaf = (fields: DissectedFields | Malformed, length: number): Step | Malformed =>
  isMalformed(fields) ? fields : { fields, length, next: BYTES };

/** Numbers that mean nothing to IPv4. */
const IPV6_ONLY = new Set([
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPPROTO_FRAGMENT,
  IPPROTO_DSTOPTS,
  IPPROTO_MH,
  IPPROTO_SHIM6,
]);

function ipv4Step(bytes: Uint8Array, around: Surroundings): Step | Malformed {
  return step(parseIPv4Packet(bytes, around.truncated), (view) => ({
    fields: { name: 'ipv4', ...ipv4Fields(view) },
    length: view.headerLength,
    next:
      view.fragmentOffset === 0 && !IPV6_ONLY.has(view.protocol)
        ? byProtocol(view.protocol)
        : BYTES,
    total: view.bytes.length,
  }));
}

function ipv6Step(bytes: Uint8Array, around: Surroundings): Step | Malformed {
  return step(parseIPv6Packet(bytes, around.truncated), (view) => ({
    fields: { name: 'ipv6', ...ipv6Fields(view) },
    length: 40,
    next: byProtocol(view.nextHeader),
    total: view.bytes.length,
  }));
}

function ethernetStep(bytes: Uint8Array): Step | Malformed {
  return step(parseEthernet(bytes), (view) => ({
    fields: { name: 'ethernet', ...ethernetFields(view) },
    length: 14,
    next: byEthertype(view.type),
  }));
}

function arpStep(bytes: Uint8Array): Step | Malformed {
  return step(parseArp(bytes), (view) => {
    const fields = arpFields(view);
    if (fields === undefined) return malformed('arp', 'protocolType', 'not Ethernet and IPv4', 2);
    return { fields: { name: 'arp', ...fields }, length: view.bytes.length, next: BYTES };
  });
}

function ethertypeStep(
  type: number,
  bytes: Uint8Array,
  around: Surroundings,
): Step | undefined | Malformed {
  if (isVlanType(type)) {
    return step(parseVlan(bytes), (view) => ({
      fields: { name: 'vlan', ...vlanFields(view) },
      length: 4,
      next: byEthertype(view.type),
    }));
  }
  if (type === ETH_P_IP) return ipv4Step(bytes, around);
  if (type === ETH_P_IPV6) return ipv6Step(bytes, around);
  if (type === ETH_P_ARP || type === ETH_P_RARP) return arpStep(bytes);
  return undefined;
}

function optionsStep(name: 'hopByHop' | 'destinationOptions', bytes: Uint8Array): Step | Malformed {
  return step(parseOptionsHeader(bytes, name), (view) => ({
    fields: { name, ...optionsFields(view) },
    length: view.headerLength,
    next: byProtocol(view.nextHeader),
  }));
}

function fragmentStep(bytes: Uint8Array): Step | Malformed {
  return step(parseFragment(bytes), (view) => ({
    fields: { name: 'fragment', ...fragmentFields(view) },
    length: 8,
    next: view.fragmentOffset === 0 ? byProtocol(view.nextHeader) : BYTES,
  }));
}

function routingStep(bytes: Uint8Array): Step | Malformed {
  return step(parseRouting(bytes), (view) => ({
    fields: { name: 'routing', ...routingFields(view) },
    length: view.headerLength,
    next: byProtocol(view.nextHeader),
  }));
}

function otherExtension(name: 'hip' | 'shim6', bytes: Uint8Array): Step | Malformed {
  return step(parseExtension(bytes, name), (view) => ({
    fields: { name, ...extensionFields(view) },
    length: view.headerLength,
    next: byProtocol(view.nextHeader),
  }));
}

function icmpv6Step(bytes: Uint8Array, around: Surroundings): Step | Malformed {
  return step(parseIcmpv6(bytes), (view) => {
    const fields = { name: 'icmpv6', ...icmpv6Fields(view) } as const;
    const quoted = view.quoted && dissectQuoted(view.quoted, ETH_P_IPV6, around);
    const nd = isNdType(view.type) ? parseNd(bytes) : undefined;
    const mld = isMldType(view.type) ? parseMld(bytes) : undefined;
    const all = { ...fields, ...(nd && { nd }), ...(mld && { mld }), ...(quoted && { quoted }) };
    return leaf(all, bytes.length);
  });
}

function icmpStep(bytes: Uint8Array, around: Surroundings): Step | Malformed {
  return step(parseIcmp(bytes), (view) => {
    const quoted = view.quoted && dissectQuoted(view.quoted, ETH_P_IP, around);
    const fields = { name: 'icmp', ...icmpFields(view), ...(quoted && { quoted }) } as const;
    return leaf(fields, bytes.length);
  });
}

function igmpStep(bytes: Uint8Array): Step | Malformed {
  return step(parseIgmp(bytes), (view) => {
    const fields = igmpFields(view);
    return isMalformed(fields) ? fields : leaf({ name: 'igmp', ...fields }, bytes.length);
  });
}

function greStep(bytes: Uint8Array): Step | Malformed {
  return step(parseGre(bytes), (view) => ({
    fields: { name: 'gre', ...greFields(view) },
    length: view.headerLength,
    // 0x6558 is transparent Ethernet bridging: a whole frame follows.
    next: view.protocol === 0x6558 ? { by: 'frame' } : byEthertype(view.protocol),
  }));
}

type Stepper = (bytes: Uint8Array, around: Surroundings) => Step | Malformed;

const PROTOCOLS = new Map<number, Stepper>([
  [IPPROTO_HOPOPTS, (b) => optionsStep('hopByHop', b)],
  [IPPROTO_DSTOPTS, (b) => optionsStep('destinationOptions', b)],
  [IPPROTO_ROUTING, routingStep],
  [IPPROTO_FRAGMENT, fragmentStep],
  [IPPROTO_HIP, (b) => otherExtension('hip', b)],
  [IPPROTO_SHIM6, (b) => otherExtension('shim6', b)],
  [
    IPPROTO_MH,
    (b) =>
      step(parseMobility(b), (v) =>
        leaf({ name: 'mobility', ...mobilityFields(v) }, v.headerLength),
      ),
  ],
  [
    IPPROTO_AH,
    (b) =>
      step(parseAh(b), (v) => ({
        fields: { name: 'ah', ...ahFields(v) },
        length: v.headerLength,
        next: byProtocol(v.nextHeader),
      })),
  ],
  [IPPROTO_ESP, (b) => step(parseEsp(b), (v) => leaf({ name: 'esp', ...espFields(v) }, 8))],
  [
    IPPROTO_TCP,
    (b) => step(parseTcp(b), (v) => leaf({ name: 'tcp', ...tcpFields(v) }, v.headerLength)),
  ],
  [
    IPPROTO_UDP,
    (b, around) =>
      step(parseUdp(b, around.truncated), (v) => leaf({ name: 'udp', ...udpFields(v) }, 8)),
  ],
  [
    IPPROTO_UDPLITE,
    (b, around) =>
      step(parseUdpLite(b, around.truncated), (v) =>
        leaf({ name: 'udplite', ...udpLiteFields(v) }, 8),
      ),
  ],
  [IPPROTO_ICMP, icmpStep],
  [IPPROTO_ICMPV6, icmpv6Step],
  [IPPROTO_IGMP, igmpStep],
  [
    IPPROTO_SCTP,
    (b) => step(parseSctp(b), (v) => leaf({ name: 'sctp', ...sctpFields(v) }, b.length)),
  ],
  [
    IPPROTO_DCCP,
    (b) => step(parseDccp(b), (v) => leaf({ name: 'dccp', ...dccpFields(v) }, v.headerLength)),
  ],
  [IPPROTO_GRE, greStep],
  [IPPROTO_IPIP, ipv4Step],
  [IPPROTO_IPV6, ipv6Step],
]);

function takeStep(
  next: Next,
  bytes: Uint8Array,
  around: Surroundings,
): Step | undefined | Malformed {
  switch (next.by) {
    case 'frame':
      return ethernetStep(bytes);
    case 'ethertype':
      return ethertypeStep(next.value, bytes, around);
    case 'protocol':
      return PROTOCOLS.get(next.value)?.(bytes, around);
    case 'bytes':
      return undefined;
  }
}

/** Goes from layer to layer. Each step takes a byte at least, so it ends. */
function walk(
  bytes: Uint8Array,
  start: number,
  first: Next,
  around: Surroundings,
): DissectedLayer[] {
  const layers: DissectedLayer[] = [];
  let offset = start;
  let end = bytes.length;
  let next = first;
  let cx = around;
  for (;;) {
    const rest = bytes.subarray(offset, end);
    const taken = takeStep(next, rest, cx);
    if (taken === undefined) break;
    if (isMalformed(taken)) {
      layers.push({ offset, length: rest.length, fields: { name: 'malformed', ...taken } });
      return layers;
    }
    layers.push({ offset, length: taken.length, fields: taken.fields });
    end = Math.min(end, offset + (taken.total ?? rest.length));
    if (isFirstFragment(taken.fields)) cx = { ...cx, truncated: true };
    offset += taken.length;
    next = taken.next;
  }
  if (offset < end) {
    const fields = { name: 'payload', bytes: bytes.subarray(offset, end) } as const;
    layers.push({ offset, length: end - offset, fields });
  }
  return layers;
}

/** Headers in a first fragment speak of the whole datagram, so their lengths may pass the end. */
const isFirstFragment = (fields: DissectedFields): boolean =>
  (fields.name === 'ipv4' || fields.name === 'fragment') && fields.moreFragments;

/**
 * How deep quoted packets are looked into: an error must not quote an error (RFC 1122 §3.2.2), but
 * may.
 */
const MAX_QUOTES = 4;

function dissectQuoted(
  bytes: Uint8Array,
  ethertype: number,
  around: Surroundings,
): DissectedLayer[] {
  if (around.quotes >= MAX_QUOTES) return [];
  return walk(bytes, 0, byEthertype(ethertype), { truncated: true, quotes: around.quotes + 1 });
}

const WHOLE: Surroundings = Object.freeze({ truncated: false, quotes: 0 });

/**
 * The layers of a frame of this LINKTYPE_*, outermost first, as plain records for people to look
 * at. The last one may be `payload` (bytes that no codec here knows) or `malformed`. Never throws.
 * Not for the packet path.
 */
export function dissect(bytes: Uint8Array, linkType: number): DissectedLayer[] {
  if (linkType === LINKTYPE_ETHERNET) return walk(bytes, 0, { by: 'frame' }, WHOLE);
  const place = linkPayload(bytes, linkType);
  if (isMalformed(place)) {
    return [{ offset: 0, length: bytes.length, fields: { name: 'malformed', ...place } }];
  }
  const link: DissectedLayer[] =
    place.offset === 0
      ? []
      : [{ offset: 0, length: place.offset, fields: { name: 'link', linkType, ...place } }];
  return [...link, ...walk(bytes, place.offset, byEthertype(place.ethertype), WHOLE)];
}

// ebt_ip.c and ebt_ip6.c

import { u16, unhex } from '../../../bytes/index.ts';
import { headerPlace, skipIPv6Extensions } from '../../../packet/index.ts';
import type { EbtIpInfo, XtNet, XtRange, XtTest } from '../../../program/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../../uapi/index.ts';
import { refuse } from '../../errno.ts';
import { ETH_P_IP, ETH_P_IPV6, type PktInfo } from '../../pktinfo.ts';
import { BRIDGE } from '../ebt.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const WITH_PORTS: readonly number[] = [
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPPROTO_SCTP,
  IPPROTO_DCCP,
];

type L3 = 'ip' | 'ip6';
type Test = (bytes: Uint8Array, at: number) => boolean;

const within = ({ min, max }: XtRange, value: number): boolean => value >= min && value <= max;

function address({ value, invert }: XtTest<XtNet>, offset: number): Test {
  const [want, mask] = [unhex(value.address), unhex(value.mask)];
  return (bytes, at) => {
    let equal = true;
    for (let i = 0; i < want.length; i++)
      if ((bytes[at + offset + i]! & mask[i]!) !== want[i]) equal = false;
    return equal !== invert;
  };
}

const tosOf = (bytes: Uint8Array, at: number, l3: L3): number =>
  l3 === 'ip' ? bytes[at + 1]! : (u16(bytes, at) >>> 4) & 0xff;

/** What is asked of the network header, in the kernel's order. */
function headerTests({ tos, saddr, daddr }: EbtIpInfo, l3: L3): readonly Test[] {
  const [source, destination] = l3 === 'ip' ? [12, 16] : [8, 24];
  return [
    ...(tos
      ? [(b: Uint8Array, at: number) => (tosOf(b, at, l3) === tos.value) !== tos.invert]
      : []),
    ...(saddr ? [address(saddr, source)] : []),
    ...(daddr ? [address(daddr, destination)] : []),
  ];
}

const port =
  ({ value, invert }: XtTest<XtRange>, offset: number): Test =>
  (bytes, at) =>
    within(value, u16(bytes, at + offset)) !== invert;

function transportTests({ dport, sport, icmp, igmp }: EbtIpInfo): readonly Test[] {
  return [
    ...(dport ? [port(dport, 2)] : []),
    ...(sport ? [port(sport, 0)] : []),
    ...(icmp
      ? [
          (b: Uint8Array, at: number) =>
            (within(icmp.value.type, b[at]!) && within(icmp.value.code, b[at + 1]!)) !==
            icmp.invert,
        ]
      : []),
    ...(igmp ? [(b: Uint8Array, at: number) => within(igmp.value, b[at]!) !== igmp.invert] : []),
  ];
}

const place = headerPlace();

/** Fills `place` with the protocol and where its header begins; false where that is not to be told. */
function findTransport({ bytes, network, end }: PktInfo, l3: L3): boolean {
  if (l3 === 'ip6') return skipIPv6Extensions(bytes, network + 40, end, bytes[network + 6]!, place);
  place.protocol = bytes[network + 9]!;
  place.offset = network + ((bytes[network]! & 15) << 2);
  return true;
}

const isLaterFragment = ({ bytes, network }: PktInfo, l3: L3): boolean =>
  l3 === 'ip' && (u16(bytes, network + 6) & 0x1fff) !== 0;

function every(tests: readonly Test[], bytes: Uint8Array, at: number): boolean {
  for (const one of tests) if (!one(bytes, at)) return false;
  return true;
}

function prepare(info: EbtIpInfo, l3: L3): XtMatch {
  const header = headerTests(info, l3);
  const transport = transportTests(info);
  const { protocol } = info;
  const length = l3 === 'ip' ? 20 : 40;
  const behind = (pkt: PktInfo): boolean => {
    if (transport.length === 0) return true;
    if (isLaterFragment(pkt, l3) || place.offset + 4 > pkt.end) return false;
    return every(transport, pkt.bytes, place.offset);
  };
  return {
    matches(pkt) {
      if (pkt.network + length > pkt.end || !every(header, pkt.bytes, pkt.network)) return false;
      // Ports and types are asked for behind a protocol only.
      if (protocol === undefined) return true;
      if (!findTransport(pkt, l3)) return false;
      return (place.protocol === protocol.value) !== protocol.invert && behind(pkt);
    },
    why: (pkt) =>
      pkt.network + length > pkt.end || !findTransport(pkt, l3)
        ? 'short packet'
        : `protocol ${place.protocol}`,
  };
}

/** ebt_ip_mt_check() and ebt_ip6_mt_check() */
function check({ protocol, sport, dport, icmp, igmp }: EbtIpInfo, l3: L3): void {
  const about = protocol?.invert === false ? protocol.value : -1;
  if ((sport ?? dport) !== undefined && !WITH_PORTS.includes(about))
    refuse('EINVAL', 'ports need a protocol that has some');
  if (icmp !== undefined && about !== (l3 === 'ip' ? IPPROTO_ICMP : IPPROTO_ICMPV6))
    refuse('EINVAL', `a type of ICMP needs the protocol ${l3 === 'ip' ? 'icmp' : 'ipv6-icmp'}`);
  if (igmp !== undefined && about !== IPPROTO_IGMP)
    refuse('EINVAL', 'a type of IGMP needs the protocol igmp');
  for (const range of [sport?.value, dport?.value, icmp?.value.type, icmp?.value.code, igmp?.value])
    if (range !== undefined && range.min > range.max)
      refuse('EINVAL', `range ${range.min}:${range.max} ends before it begins`);
}

const header = (l3: L3) =>
  matchModule<EbtIpInfo>({
    name: l3,
    placement: { families: BRIDGE, protocols: [l3 === 'ip' ? ETH_P_IP : ETH_P_IPV6] },
    prepare(info) {
      check(info, l3);
      return prepare(info, l3);
    },
  });

export const ebtIp = header('ip');
export const ebtIp6 = header('ip6');

// ebt_dnat.c, ebt_snat.c, ebt_redirect.c and ebt_arpreply.c: other link addresses.

import { put16, u16, unhex } from '../../../bytes/index.ts';
import {
  type NetDevice,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  Packet,
} from '../../../core/index.ts';
import type { EbtMacInfo, EbtRedirectInfo, EbtSnatInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Prepare } from '../../op.ts';
import { ETH_P_IP, type PktInfo } from '../../pktinfo.ts';
import { NF_DROP, NFT_CONTINUE } from '../../verdict.ts';
import { BRIDGE, EBT_CODES } from '../ebt.ts';
import { targetModule } from '../extension.ts';

const ETH_P_ARP = 0x0806;
const ETH_ALEN = 6;
const ARP_HEADER = 8;
const ARP_LENGTH = 28;
const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;

function needTable({ table }: Prepare, name: string, ...tables: readonly string[]): void {
  if (!tables.includes(table.name))
    refuse('EINVAL', `${name} only works in table ${tables.join(' or ')}, not in ${table.name}`);
}

/** The bridge that a packet's port belongs to. */
const bridgeOf = (port: NetDevice | null): NetDevice | null =>
  port?.master?.kind === 'bridge' ? port.master : null;

const isBroadcast = (mac: Uint8Array): boolean => mac.every((byte) => byte === 0xff);

/** Whom a frame to this address is for; what was only sent stays so. */
function typeFor(mac: Uint8Array, pkt: PktInfo): number {
  if ((mac[0]! & 1) !== 0) return isBroadcast(mac) ? PACKET_BROADCAST : PACKET_MULTICAST;
  const bridge = pkt.point.hook === 'prerouting' ? bridgeOf(pkt.in) : null;
  if (bridge === null) return pkt.packet.pktType;
  return mac.every((byte, i) => byte === bridge.address[i]) ? PACKET_HOST : PACKET_OTHERHOST;
}

export const ebtDnat = targetModule<EbtMacInfo>({
  name: 'dnat',
  placement: { families: BRIDGE, hooks: ['prerouting', 'output'] },
  prepare(info, cx) {
    needTable(cx, 'dnat', 'nat', 'broute');
    const mac = unhex(info.mac);
    const code = EBT_CODES[info.target];
    return {
      run(pkt) {
        const { packet } = pkt;
        if (packet.mac < 0) return code;
        packet.buf.set(mac, packet.mac);
        packet.pktType = typeFor(mac, pkt);
        return code;
      },
    };
  },
});

/** The sender an ARP packet names, where it has one of six bytes. False for a packet with no room for one. */
function setSender({ packet, network, end }: PktInfo, mac: Uint8Array): boolean {
  if (packet.protocol !== ETH_P_ARP) return true;
  if (network + ARP_HEADER + ETH_ALEN > end) return false;
  if (packet.buf[network + 4] === ETH_ALEN) packet.buf.set(mac, network + ARP_HEADER);
  return true;
}

export const ebtSnat = targetModule<EbtSnatInfo>({
  name: 'snat',
  placement: { families: BRIDGE, hooks: ['postrouting'] },
  prepare(info, cx) {
    needTable(cx, 'snat', 'nat');
    const mac = unhex(info.mac);
    const code = EBT_CODES[info.target];
    return {
      run(pkt) {
        const { packet } = pkt;
        if (packet.mac < 0) return code;
        packet.buf.set(mac, packet.mac + ETH_ALEN);
        return info.arp && !setSender(pkt, mac) ? NF_DROP : code;
      },
    };
  },
});

export const ebtRedirect = targetModule<EbtRedirectInfo>({
  name: 'redirect',
  placement: { families: BRIDGE, hooks: ['prerouting'] },
  prepare({ target }, cx) {
    needTable(cx, 'redirect', 'nat', 'broute');
    const code = EBT_CODES[target];
    return {
      run({ packet, in: port }) {
        const bridge = bridgeOf(port);
        if (bridge !== null && packet.mac >= 0) packet.buf.set(bridge.address, packet.mac);
        packet.pktType = PACKET_HOST;
        return code;
      },
    };
  },
});

/** Whether it asks for the Ethernet address of an IPv4 host; its header is there. */
function isQuestion({ bytes, network }: PktInfo): boolean {
  return (
    u16(bytes, network + 6) === ARPOP_REQUEST &&
    bytes[network + 4] === ETH_ALEN &&
    u16(bytes, network + 2) === ETH_P_IP &&
    bytes[network + 5] === 4
  );
}

/** arp_send(): the answer, from the host that was asked for. */
function answer({ bytes, network }: PktInfo, mac: Uint8Array): Packet {
  const sender = bytes.subarray(network + ARP_HEADER, network + ARP_HEADER + 10);
  const asked = bytes.subarray(network + ARP_HEADER + 16, network + ARP_LENGTH);
  const frame = new Uint8Array(14 + ARP_LENGTH);
  frame.set(sender.subarray(0, ETH_ALEN), 0);
  frame.set(mac, ETH_ALEN);
  put16(frame, 12, ETH_P_ARP);
  frame.set([0, 1, 8, 0, ETH_ALEN, 4, 0, ARPOP_REPLY], 14);
  frame.set(mac, 22);
  frame.set(asked, 28);
  frame.set(sender, 32);
  const packet = new Packet();
  packet.fill(frame, 14);
  packet.protocol = ETH_P_ARP;
  return packet;
}

export const ebtArpreply = targetModule<EbtMacInfo>({
  name: 'arpreply',
  placement: { families: BRIDGE, hooks: ['prerouting'], protocols: [ETH_P_ARP] },
  prepare(info, cx) {
    needTable(cx, 'arpreply', 'nat');
    const mac = unhex(info.mac);
    const code = EBT_CODES[info.target];
    const { netns } = cx.env;
    return {
      run(pkt) {
        if (pkt.network + ARP_HEADER > pkt.end) return NF_DROP;
        if (!isQuestion(pkt)) return NFT_CONTINUE;
        if (pkt.network + ARP_LENGTH > pkt.end) return NF_DROP;
        if (pkt.in !== null) netns.network?.transmit(answer(pkt, mac), pkt.in);
        return code;
      },
    };
  },
});

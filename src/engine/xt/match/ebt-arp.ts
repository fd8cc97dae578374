// ebt_arp.c

import { u16, u32, unhex } from '../../../bytes/index.ts';
import type { EbtArpInfo, XtNet, XtTest } from '../../../program/index.ts';
import { ETH_P_IP, type PktInfo } from '../../pktinfo.ts';
import { BRIDGE, isMac } from '../ebt.ts';
import { matchModule } from '../extension.ts';

const ETH_P_ARP = 0x0806;
const ETH_P_RARP = 0x8035;
const HEADER = 8;
const ETH_ALEN = 6;
const ARPHRD_ETHER = 1;

type Test = (pkt: PktInfo) => boolean;

const field =
  (offset: number, { value, invert }: XtTest<number>): Test =>
  ({ bytes, network }) =>
    (u16(bytes, network + offset) === value) !== invert;

/** Where the IPv4 address of sender or target lies, or -1 where there is none. */
function addressAt({ bytes, network, end }: PktInfo, target: boolean): number {
  if (bytes[network + 5] !== 4 || u16(bytes, network + 2) !== ETH_P_IP) return -1;
  const hardware = bytes[network + 4]!;
  // The kernel reads both, whichever is asked for.
  if (network + HEADER + 2 * hardware + 8 > end) return -1;
  return network + HEADER + (target ? 2 * hardware + 4 : hardware);
}

function address({ value, invert }: XtTest<XtNet>, target: boolean): Test {
  const [want, mask] = [u32(unhex(value.address), 0), u32(unhex(value.mask), 0)];
  return (pkt) => {
    const at = addressAt(pkt, target);
    return at >= 0 && ((u32(pkt.bytes, at) & mask) >>> 0 === want) !== invert;
  };
}

function gratuitous({ invert }: XtTest<boolean>): Test {
  return (pkt) => {
    const [from, to] = [addressAt(pkt, false), addressAt(pkt, true)];
    return from >= 0 && (u32(pkt.bytes, from) === u32(pkt.bytes, to)) !== invert;
  };
}

function hardware({ value, invert }: XtTest<XtNet>, target: boolean): Test {
  const [want, mask] = [unhex(value.address), unhex(value.mask)];
  return ({ bytes, network, end }) => {
    if (bytes[network + 4] !== ETH_ALEN || u16(bytes, network) !== ARPHRD_ETHER) return false;
    const at = network + HEADER + (target ? ETH_ALEN + bytes[network + 5]! : 0);
    return at + ETH_ALEN <= end && isMac(bytes, at, want, mask) !== invert;
  };
}

function testsOf(info: EbtArpInfo): readonly Test[] {
  const { opcode, htype, ptype, saddr, daddr, smac, dmac } = info;
  return [
    ...(opcode ? [field(6, opcode)] : []),
    ...(htype ? [field(0, htype)] : []),
    ...(ptype ? [field(2, ptype)] : []),
    ...(saddr ? [address(saddr, false)] : []),
    ...(daddr ? [address(daddr, true)] : []),
    ...(info.gratuitous ? [gratuitous(info.gratuitous)] : []),
    ...(smac ? [hardware(smac, false)] : []),
    ...(dmac ? [hardware(dmac, true)] : []),
  ];
}

export const ebtArp = matchModule<EbtArpInfo>({
  name: 'arp',
  placement: { families: BRIDGE, protocols: [ETH_P_ARP, ETH_P_RARP] },
  prepare(info) {
    const tests = testsOf(info);
    return {
      matches(pkt) {
        if (pkt.network + HEADER > pkt.end) return false;
        for (const one of tests) if (!one(pkt)) return false;
        return true;
      },
      why: ({ bytes, network, end }) =>
        network + HEADER > end ? 'short packet' : `opcode ${u16(bytes, network + 6)}`,
    };
  },
});

// xt_conntrack.c, revision 3; `state` is the same match.

import type { Conntrack, Direction } from '../../../conntrack/index.ts';
import { IPS_DST_NAT, IPS_SRC_NAT } from '../../../conntrack/index.ts';
import { IP_CT_IS_REPLY, Nfproto } from '../../../core/index.ts';
import type { ConntrackInfo, XtRange, XtTest } from '../../../program/index.ts';
import { STATE_UNTRACKED, stateOf } from '../../expr/ct.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { holdsTest, inNet, inRange, type Net, netTestOf } from '../read.ts';

/** XT_CONNTRACK_STATE_SNAT, _DNAT, _UNTRACKED; the others are as nft has them. */
const STATE_SNAT = 1 << 6;
const STATE_DNAT = 1 << 7;
const XT_UNTRACKED = 1 << 8;

const STATE_NAMES: readonly (readonly [number, string])[] = [
  [1, 'INVALID'],
  [2, 'ESTABLISHED'],
  [4, 'RELATED'],
  [8, 'NEW'],
  [STATE_SNAT, 'SNAT'],
  [STATE_DNAT, 'DNAT'],
  [XT_UNTRACKED, 'UNTRACKED'],
];

const rangeHolds = (test: XtTest<XtRange> | undefined, value: number): boolean =>
  test === undefined || inRange(value, test.value) !== test.invert;

interface Nets {
  readonly origsrc: XtTest<Net> | undefined;
  readonly origdst: XtTest<Net> | undefined;
  readonly replsrc: XtTest<Net> | undefined;
  readonly repldst: XtTest<Net> | undefined;
}

class ConntrackMatch implements XtMatch {
  readonly #info: ConntrackInfo;
  readonly #ct: Conntrack | null;
  readonly #nets: Nets;
  readonly #address = new Uint8Array(16);

  constructor(info: ConntrackInfo, ct: Conntrack | null) {
    this.#info = info;
    this.#ct = ct;
    this.#nets = {
      origsrc: netTestOf(info.origsrc),
      origdst: netTestOf(info.origdst),
      replsrc: netTestOf(info.replsrc),
      repldst: netTestOf(info.repldst),
    };
  }

  #state(pkt: PktInfo): number {
    const state = stateOf(pkt);
    if (state === STATE_UNTRACKED) return XT_UNTRACKED;
    const slot = pkt.packet.ct;
    if (slot === 0 || this.#ct === null) return state;
    const status = this.#ct.status(slot);
    const source = (status & IPS_SRC_NAT) !== 0 ? STATE_SNAT : 0;
    return state | source | ((status & IPS_DST_NAT) !== 0 ? STATE_DNAT : 0);
  }

  matches(pkt: PktInfo): boolean {
    const { state } = this.#info;
    if (!holdsTest(state, ((state?.value ?? 0) & this.#state(pkt)) !== 0)) return false;
    const { ct: slot, ctinfo } = pkt.packet;
    if (slot === 0 || this.#ct === null) return state !== undefined;
    const { direction } = this.#info;
    if (direction !== undefined && ctinfo < IP_CT_IS_REPLY !== (direction === 'original'))
      return false;
    return this.#addresses(this.#ct, slot, pkt.pf) && this.#rest(this.#ct, slot);
  }

  #addresses(ct: Conntrack, slot: number, pf: number): boolean {
    const { origsrc, origdst, replsrc, repldst } = this.#nets;
    return (
      this.#address_(ct, slot, pf, 'putSource', 0, origsrc) &&
      this.#address_(ct, slot, pf, 'putDestination', 0, origdst) &&
      this.#address_(ct, slot, pf, 'putSource', 1, replsrc) &&
      this.#address_(ct, slot, pf, 'putDestination', 1, repldst)
    );
  }

  #address_(
    ct: Conntrack,
    slot: number,
    pf: number,
    which: 'putSource' | 'putDestination',
    dir: Direction,
    test: XtTest<Net> | undefined,
  ): boolean {
    if (test === undefined) return true;
    ct[which](slot, dir, this.#address, 0);
    return inNet(this.#address, 0, pf === Nfproto.ip6 ? 16 : 4, test.value) !== test.invert;
  }

  #rest(ct: Conntrack, slot: number): boolean {
    const { proto, origsrcPort, origdstPort, replsrcPort, repldstPort, status, expires } =
      this.#info;
    return (
      (proto === undefined || (ct.l4proto(slot) === proto.value) !== proto.invert) &&
      rangeHolds(origsrcPort, ct.sourcePart(slot, 0)) &&
      rangeHolds(origdstPort, ct.destinationPart(slot, 0)) &&
      rangeHolds(replsrcPort, ct.sourcePart(slot, 1)) &&
      rangeHolds(repldstPort, ct.destinationPart(slot, 1)) &&
      holdsTest(status, ((status?.value ?? 0) & ct.status(slot)) !== 0) &&
      // An entry that is not confirmed has no end yet.
      rangeHolds(expires, ct.isConfirmed(slot) ? Math.floor(ct.expiration(slot) / 1000) : 0)
    );
  }

  why(pkt: PktInfo): string {
    const state = this.#state(pkt);
    const names = STATE_NAMES.filter(([bit]) => (state & bit) !== 0).map(([, name]) => name);
    const { ct: slot } = pkt.packet;
    const isOfState = Object.keys(this.#info).every((key) => key === 'state' || key === 'alias');
    if (slot === 0 || this.#ct === null || isOfState) return `state ${names.join(',')}`;
    return `state ${names.join(',')}, ${this.#ct.snapshot(slot).text}`;
  }
}

export const conntrack = matchModule<ConntrackInfo>({
  name: 'conntrack',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info, cx) => new ConntrackMatch(info, cx.env.conntrack),
});

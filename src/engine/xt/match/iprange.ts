// xt_iprange.c

import { unhex } from '../../../bytes/index.ts';
import type { IprangeInfo, XtAddresses, XtTest } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { addressText } from '../address-text.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { addressLength, compareAddress, destinationAt, sourceAt } from '../read.ts';

interface Side {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly invert: boolean;
}

const sideOf = (test: XtTest<XtAddresses> | undefined): Side | undefined =>
  test && { from: unhex(test.value.from), to: unhex(test.value.to), invert: test.invert };

const lies = ({ bytes }: PktInfo, at: number, { from, to, invert }: Side): boolean =>
  (compareAddress(bytes, at, from) >= 0 && compareAddress(bytes, at, to) <= 0) !== invert;

class Iprange implements XtMatch {
  readonly #src: Side | undefined;
  readonly #dst: Side | undefined;

  constructor(info: IprangeInfo) {
    this.#src = sideOf(info.src);
    this.#dst = sideOf(info.dst);
  }

  matches(pkt: PktInfo): boolean {
    if (this.#src !== undefined && !lies(pkt, sourceAt(pkt), this.#src)) return false;
    return this.#dst === undefined || lies(pkt, destinationAt(pkt), this.#dst);
  }

  why(pkt: PktInfo): string {
    const length = addressLength(pkt);
    const source = addressText(pkt.bytes, sourceAt(pkt), length);
    return `${source} > ${addressText(pkt.bytes, destinationAt(pkt), length)}`;
  }
}

export const iprange = matchModule<IprangeInfo>({
  name: 'iprange',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => new Iprange(info),
});

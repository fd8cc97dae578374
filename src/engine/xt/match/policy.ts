// xt_policy.c: the IPsec transformations a packet has been through. No route here transforms, so a
// packet on its way out has none.

import type { Transformation } from '../../../core/index.ts';
import type { HookName, PolicyElement, PolicyInfo, XtTest } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { inNet, type Net, netTestOf } from '../read.ts';

/** Transformations of packets here are all of this protocol. */
const IPPROTO_ESP = 50;

interface Element extends PolicyElement {
  readonly source: XtTest<Net> | undefined;
  readonly destination: XtTest<Net> | undefined;
}

const equals = <T>(test: XtTest<T> | undefined, seen: T): boolean =>
  test === undefined || (test.value === seen) !== test.invert;

/** An address of the tunnel; without one there is none to compare with (0.0.0.0). */
function isTunnel(test: XtTest<Net> | undefined, address: Uint8Array | undefined): boolean {
  if (test === undefined) return true;
  const { value, invert } = test;
  const is = address !== undefined && address.length === value.address.length;
  return (is && inNet(address, 0, address.length, value)) !== invert;
}

/** match_xfrm_state() */
const isState = ({ spi, reqid, tunnel }: Transformation, element: Element): boolean =>
  equals(element.spi, spi) &&
  equals(element.reqid, reqid) &&
  equals(element.proto, IPPROTO_ESP) &&
  equals(element.mode, tunnel === undefined ? 'transport' : 'tunnel') &&
  isTunnel(element.source, tunnel?.source) &&
  isTunnel(element.destination, tunnel?.destination);

class Policy implements XtMatch {
  readonly #info: PolicyInfo;
  readonly #elements: readonly Element[];
  readonly hooks: readonly HookName[];

  constructor(info: PolicyInfo) {
    this.#info = info;
    this.#elements = info.elements.map((one) => ({
      ...one,
      source: netTestOf(one.saddr),
      destination: netTestOf(one.daddr),
    }));
    this.hooks =
      info.direction === 'in'
        ? ['prerouting', 'input', 'forward']
        : ['forward', 'output', 'postrouting'];
  }

  matches({ packet }: PktInfo): boolean {
    const path = this.#info.direction === 'in' ? packet.secpath : null;
    if (this.#info.policy === 'none') return path === null;
    return path !== null && this.#path(path);
  }

  /** match_policy_in(): all in their order, or any the first element. */
  #path(path: readonly Transformation[]): boolean {
    const { strict } = this.#info;
    if (strict && path.length !== this.#elements.length) return false;
    for (let i = path.length - 1; i >= 0; i--) {
      const element = this.#elements[strict ? i : 0];
      const is = element !== undefined && isState(path[i]!, element);
      if (is !== strict) return is;
    }
    return strict;
  }

  why({ packet }: PktInfo): string {
    if (packet.secpath === null || this.#info.direction === 'out')
      return 'not transformed by IPsec';
    return packet.secpath.map(({ spi, reqid }) => `spi ${spi} reqid ${reqid}`).join(', ');
  }
}

export const policy = matchModule<PolicyInfo>({
  name: 'policy',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => new Policy(info),
});

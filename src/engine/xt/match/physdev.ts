// xt_physdev.c: the ports of a bridge that a packet passes, as br_netfilter keeps them.

import type { BridgeInfo } from '../../../core/index.ts';
import type { HookName, PhysdevInfo, XtTest } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const NOT_OUTPUT: readonly HookName[] = ['prerouting', 'input', 'forward', 'postrouting'];

/** `is` without its test asks for nothing. */
const agrees = (is: boolean, test: XtTest<boolean> | undefined): boolean =>
  test === undefined || is !== test.invert;

/** ifname_compare_aligned(): up to a final `+`. */
function named(name: string, { value, invert }: XtTest<string>): boolean {
  const is = value.endsWith('+') ? name.startsWith(value.slice(0, -1)) : name === value;
  return is !== invert;
}

class Physdev implements XtMatch {
  readonly #info: PhysdevInfo;
  /** Of a packet that passed no bridge only what is negated holds. */
  readonly #unbridged: boolean;
  readonly hooks?: readonly HookName[];

  constructor(info: PhysdevInfo) {
    this.#info = info;
    const { in: inside, out, isIn, isOut, isBridged } = info;
    const tests = [inside, out, isIn, isOut, isBridged].filter((one) => one !== undefined);
    if (tests.length === 0) refuse('EINVAL', 'physdev asks for nothing');
    this.#unbridged = tests.every((one) => one.invert);
    const routed = isBridged === undefined || isBridged.invert;
    if (routed && (out !== undefined || isOut !== undefined)) this.hooks = NOT_OUTPUT;
  }

  matches({ packet: { bridge } }: PktInfo): boolean {
    return bridge === null ? this.#unbridged : this.#passes(bridge);
  }

  /** Without a port to go out by, `--physdev-out` fails even where it is negated. */
  #passes({ physIn, physOut }: BridgeInfo): boolean {
    const { in: inside, out, isIn, isOut, isBridged } = this.#info;
    if (!agrees(physOut !== null, isBridged) || !agrees(physOut !== null, isOut)) return false;
    if (!agrees(physIn !== null, isIn)) return false;
    if (inside !== undefined && physIn !== null && !named(physIn.name, inside)) return false;
    return out === undefined || (physOut !== null && named(physOut.name, out));
  }

  why({ packet: { bridge } }: PktInfo): string {
    if (bridge === null) return 'it passed no port of a bridge';
    return `ports ${bridge.physIn?.name ?? 'none'} > ${bridge.physOut?.name ?? 'none'}`;
  }
}

export const physdev = matchModule<PhysdevInfo>({
  name: 'physdev',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => new Physdev(info),
});

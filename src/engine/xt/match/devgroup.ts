// xt_devgroup.c

import type { NetDevice } from '../../../core/index.ts';
import type { DevgroupInfo, HookName, XtMasked, XtTest } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const isIn = (device: NetDevice | null, test: XtTest<XtMasked> | undefined): boolean => {
  if (test === undefined) return true;
  const { value, mask } = test.value;
  return (((value ^ (device?.group ?? 0)) & mask) === 0) !== test.invert;
};

class Devgroup implements XtMatch {
  readonly #info: DevgroupInfo;
  readonly hooks: readonly HookName[];

  constructor(info: DevgroupInfo) {
    this.#info = info;
    const source: readonly HookName[] = ['prerouting', 'input', 'forward'];
    const destination: readonly HookName[] = ['forward', 'output', 'postrouting'];
    const all: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
    this.hooks = all
      .filter((hook) => info.src === undefined || source.includes(hook))
      .filter((hook) => info.dst === undefined || destination.includes(hook));
  }

  matches(pkt: PktInfo): boolean {
    return isIn(pkt.in, this.#info.src) && isIn(pkt.out, this.#info.dst);
  }

  why(pkt: PktInfo): string {
    return `groups ${pkt.in?.group ?? 0} > ${pkt.out?.group ?? 0}`;
  }
}

export const devgroup = matchModule<DevgroupInfo>({
  name: 'devgroup',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => new Devgroup(info),
});

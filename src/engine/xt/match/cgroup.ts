// xt_cgroup.c: the control group of the local socket.

import { isFullSocket } from '../../../core/index.ts';
import type { CgroupInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

/** A path as sockets have it: without slashes at its ends. */
const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, '');

class Cgroup implements XtMatch {
  readonly #info: CgroupInfo;
  readonly #path: string | undefined;
  readonly #below: string;

  constructor(info: CgroupInfo) {
    this.#info = info;
    this.#path = info.path === undefined ? undefined : trimmed(info.path);
    this.#below = `${this.#path}/`;
  }

  matches({ packet: { sk } }: PktInfo): boolean {
    if (sk === null || !isFullSocket(sk)) return false;
    const { classid, invert } = this.#info;
    const path = this.#path;
    if (path === undefined) return (sk.classid === classid) !== invert;
    const inside = path === '' || sk.cgroup === path || sk.cgroup.startsWith(this.#below);
    return inside !== invert;
  }

  why({ packet: { sk } }: PktInfo): string {
    if (sk === null) return 'it has no socket here';
    return this.#path === undefined ? `class ${sk.classid}` : `cgroup /${sk.cgroup}`;
  }
}

export const cgroup = matchModule<CgroupInfo>({
  name: 'cgroup',
  placement: { families: ['ip', 'ip6', 'inet'], hooks: ['input', 'output', 'postrouting'] },
  prepare: (info) => new Cgroup(info),
});

// xt_owner.c

import type { Socket } from '../../../core/index.ts';
import { isFullSocket } from '../../../core/index.ts';
import type { OwnerInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { inRange } from '../read.ts';

/** (info->match ^ info->invert) == 0 over the options asked for: all of them are negated. */
const allNegated = (...tests: readonly ({ readonly invert: boolean } | undefined)[]): boolean =>
  tests.every((one) => one === undefined || one.invert);

class Owner implements XtMatch {
  readonly #info: OwnerInfo;

  constructor(info: OwnerInfo) {
    this.#info = info;
  }

  matches({ packet }: PktInfo): boolean {
    const { uid, gid, socket, supplGroups } = this.#info;
    const { sk } = packet;
    if (sk === null || !isFullSocket(sk)) return allNegated(uid, gid, socket) && !supplGroups;
    if (socket?.invert === true) return false;
    return this.#ids(sk);
  }

  #ids({ uid: user, gid: group }: Socket): boolean {
    const { uid, gid } = this.#info;
    // No program holds it open.
    if (user < 0) return allNegated(uid, gid);
    if (uid !== undefined && inRange(user, uid.value) === uid.invert) return false;
    return gid === undefined || inRange(group, gid.value) !== gid.invert;
  }

  why({ packet: { sk } }: PktInfo): string {
    if (sk === null || !isFullSocket(sk)) return 'it has no socket here';
    return sk.uid < 0 ? 'nobody holds its socket' : `user ${sk.uid}, group ${sk.gid}`;
  }
}

export const owner = matchModule<OwnerInfo>({
  name: 'owner',
  placement: { families: ['ip', 'ip6', 'inet'], hooks: ['output', 'postrouting'] },
  prepare: (info) => new Owner(info),
});

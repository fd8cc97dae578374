// xt_socket.c, revision 3: a socket of this host takes the packet.

import type { Socket } from '../../../core/index.ts';
import { isFullSocket } from '../../../core/index.ts';
import type { SocketInfo } from '../../../program/index.ts';
import { lookUpSocket } from '../../expr/socket-lookup.ts';
import type { Env } from '../../op.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const isWildcard = (socket: Socket): boolean =>
  isFullSocket(socket) && socket.address.every((byte) => byte === 0);

class SocketMatch implements XtMatch {
  readonly #info: SocketInfo;
  readonly #env: Env;

  constructor(info: SocketInfo, env: Env) {
    this.#info = info;
    this.#env = env;
  }

  #find(pkt: PktInfo): Socket | null {
    return pkt.packet.sk ?? lookUpSocket(pkt, this.#env);
  }

  matches(pkt: PktInfo): boolean {
    const socket = this.#find(pkt);
    if (socket === null) return false;
    const { transparent, nowildcard, restoreSkmark } = this.#info;
    if (!nowildcard && isWildcard(socket)) return false;
    if (transparent && !socket.transparent) return false;
    // Only sockets that are transparent give their mark away.
    if (restoreSkmark && socket.transparent && isFullSocket(socket)) pkt.packet.mark = socket.mark;
    return true;
  }

  why(pkt: PktInfo): string {
    const socket = this.#find(pkt);
    if (socket === null) return 'no socket here takes it';
    return isWildcard(socket)
      ? 'its socket is bound to every address'
      : 'its socket is not transparent';
  }
}

export const socket = matchModule<SocketInfo>({
  name: 'socket',
  placement: { families: ['ip', 'ip6', 'inet'], hooks: ['prerouting', 'input'] },
  prepare: (info, cx) => new SocketMatch(info, cx.env),
});

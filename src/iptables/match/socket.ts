// socket: an open socket takes the packet (libxt_socket.c).

import type { SocketInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, words } from '../extension/index.ts';

const save = (info: SocketInfo): string =>
  words(
    info.transparent && '--transparent',
    info.nowildcard && '--nowildcard',
    info.restoreSkmark && '--restore-skmark',
  );

export const socket = extension<SocketInfo>({
  kind: 'match',
  name: 'socket',
  families: IP_FAMILIES,
  rev: 3,
  options: [
    { name: 'transparent', about: 'only transparent sockets' },
    { name: 'nowildcard', about: 'sockets bound to any address, too' },
    { name: 'restore-skmark', about: 'the packet takes the mark of the socket' },
  ],
  build: (given) => ({
    transparent: given.has('transparent'),
    nowildcard: given.has('nowildcard'),
    restoreSkmark: given.has('restore-skmark'),
  }),
  save,
  translate({ transparent, nowildcard, restoreSkmark }, { exact, leave }) {
    if (!exact) return undefined;
    if (restoreSkmark)
      return leave('the mark of a connection that is waiting for its end would end the rule');
    const any = transparent ? 'socket transparent 1' : 'socket transparent 0-1';
    // Of a connection in TIME_WAIT nothing but this can be asked (nft_socket_eval()).
    return nowildcard ? any : { words: any, unless: ['socket wildcard 1'] };
  },
  list: (info) => words('socket', save(info)),
});

// Who listens on the firewall where rules ask for sockets.

import { formatIPv4, formatIPv6, u32, unhex } from '../../bytes/index.ts';
import type { SocketConfig } from '../../stack/index.ts';
import type { Goal } from './wish.ts';
import { asksForSockets, listenersOf } from './wish-targets.ts';

/** Bound to every address, transparent, bound to one with a mark and without: for `socket`. */
export const LISTENING = [80, 3128, 53, 22];

const both = (socket: Omit<SocketConfig, 'protocol'>): SocketConfig[] => [
  { ...socket, protocol: 'tcp' },
  { ...socket, protocol: 'udp' },
];

const isAny = (digits: string): boolean => /^0*$/.test(digits);

/** @param own an address of the firewall of either family */
export function socketsFor(goals: readonly Goal[], own: readonly string[]): SocketConfig[] {
  const exprs = goals.flatMap(({ rule }) => rule.exprs);
  const found = new Map<string, SocketConfig>();
  const add = (...sockets: readonly SocketConfig[]): void => {
    for (const one of sockets) found.set(`${one.protocol} ${one.address} ${one.port}`, one);
  };
  if (exprs.some(asksForSockets)) {
    add(...both({ port: LISTENING[0]! }), ...both({ port: LISTENING[1]!, transparent: true }));
    for (const address of own)
      add(
        ...both({ address, port: LISTENING[3]! }),
        ...both({ address, port: LISTENING[2]!, transparent: true, mark: 0x77 }),
      );
  }
  for (const { port, address } of goals.flatMap(({ rule }) => listenersOf(rule))) {
    const at = address === undefined || isAny(address) ? {} : { address: addressText(address) };
    add(...both({ ...at, port: port === 0 ? 80 : port, transparent: true }));
  }
  return [...found.values()];
}

const addressText = (digits: string): string =>
  digits.length === 8 ? formatIPv4(u32(unhex(digits), 0)) : formatIPv6(unhex(digits));

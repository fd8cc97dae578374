// Whether anything listens where traffic is sent: proc_net_tcp(5) and its siblings.

import { readFileSync } from 'node:fs';
import { type Namespace, within } from '../../../linux/index.ts';
import type { DivertConfig, Protocol } from './config.ts';

/** TCP_LISTEN; a UDP socket that is bound and not connected is TCP_CLOSE. */
const LISTENS: Readonly<Record<Protocol, string>> = { tcp: '0A', udp: '07' };

function portsOf(protocol: Protocol): Set<number> {
  const ports = new Set<number>();
  for (const file of [protocol, `${protocol}6`]) {
    let text = '';
    try {
      text = readFileSync(`/proc/thread-self/net/${file}`, 'latin1');
    } catch {}
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      if (state === LISTENS[protocol]) ports.add(Number.parseInt(local.split(':')[1] ?? '', 16));
    }
  }
  return ports;
}

/** `tcp port 1337`, of every port traffic is sent to and nobody has open yet. */
export function deafPorts(
  { listeners, fallback }: DivertConfig,
  namespace: Namespace | undefined,
): readonly string[] {
  const read = () => ({ tcp: portsOf('tcp'), udp: portsOf('udp') });
  const open = within(namespace, read);
  const wanted = [
    ...listeners.map(({ protocol, port }) => ({ protocol, port })),
    ...Object.entries(fallback).map(([protocol, port]) => ({
      protocol: protocol as Protocol,
      port,
    })),
  ];
  const deaf = wanted.filter(({ protocol, port }) => !open[protocol].has(port));
  return [...new Set(deaf.map(({ protocol, port }) => `${protocol} port ${port}`))];
}

import { expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { ACCEPT, DROP } from '../core/index.ts';
import type { Bed } from './bed.ts';
import { makeBed, packet } from './bed.ts';

const port = (n: number) => ({ name: `p${n}`, mac: `02:00:00:00:00:0${n}`, master: 'br' });
const bridge = { name: 'br', kind: 'bridge', mac: '02:00:00:00:00:bb', addresses: ['10.0.0.1/24'] };
const make = (): Bed =>
  makeBed({ interfaces: [bridge, port(1), port(2), port(3)], routes: [], neighbours: [] });

const A = '020000000a01';
const B = '020000000a02';
const BR = '0200000000bb';
const BROADCAST = 'ffffffffffff';

/** Ports a frame leaves by. */
function ports(
  bed: Bed,
  on: string,
  to: string,
  from: string,
  payload = packet({ from: '10.0.0.11', to: '10.0.0.12' }),
): string[] {
  const frame = new Uint8Array([...unhex(`${to}${from}0800`), ...payload]);
  bed.stack.receive(bed.device(on), frame);
  return bed.frames().map((line) => line.split(' ')[0]!);
}

test('a frame for an unknown address is flooded, the newest port first, one for a known goes to its port', () => {
  const bed = make();
  expect(ports(bed, 'p1', B, A)).toEqual(['p3', 'p2']);
  expect(ports(bed, 'p2', A, B)).toEqual(['p1']);
  expect(ports(bed, 'p1', B, A)).toEqual(['p2']);
  expect(ports(bed, 'p2', B, A)).toEqual([]);
});

test('what was not heard for five minutes is flooded again', () => {
  const bed = make();
  ports(bed, 'p1', B, A);
  bed.clock.advance(301e9);
  expect(ports(bed, 'p2', A, B)).toEqual(['p3', 'p1']);
});

test('frames for the bridge go up, broadcasts both ways', () => {
  const bed = make();
  const ping = packet({ from: '10.0.0.11', to: '10.0.0.1' });
  // The answer waits for ARP, which is asked on every port.
  expect(ports(bed, 'p1', BR, A, ping)).toEqual(['p3', 'p2', 'p1']);
  expect(ports(bed, 'p2', BROADCAST, B)).toEqual(['p3', 'p1']);
});

test('pause frames and sources that are groups end here', () => {
  const bed = make();
  expect(ports(bed, 'p1', '0180c2000001', A)).toEqual([]);
  expect(ports(bed, 'p1', B, '030000000001')).toEqual([]);
  expect([...bed.stack.drops.keys()]).toEqual(['MAC_IEEE_MAC_CONTROL', 'MAC_INVALID_SOURCE']);
});

test('what a port put together is forwarded whole, what is merely too long is not', () => {
  const bed = make();
  const data = (protocol: number, length: number) => {
    const payload = new Uint8Array(length - 20);
    const bytes = packet({ from: '10.0.0.11', to: '10.0.0.12', protocol, payload });
    return ports(bed, 'p1', B, A, bytes);
  };
  expect(data(6, 4000)).toEqual(['p3', 'p2']);
  // br_netfilter cuts to size what it has seen (br_nf_dev_queue_xmit).
  expect(data(17, 1504)).toEqual(['p3', 'p3', 'p2', 'p2']);
  bed.stack.setSysctl('net.bridge.bridge-nf-call-iptables', 0);
  expect(data(6, 4000)).toEqual(['p3', 'p2']);
  expect(data(17, 4000)).toEqual([]);
  // There is room for a tag, with one or without (is_skb_forwardable).
  expect(data(17, 1504)).toEqual(['p3', 'p2']);
  expect(data(17, 1505)).toEqual([]);
});

test('ARP between ports meets the hooks of family arp there', () => {
  const bed = make();
  const seen: string[] = [];
  bed.stack.netns.hooks.register('arp', 'forward', {
    priority: 0,
    name: 'watch',
    kind: 'user',
    run: (one) => {
      seen.push(`${one.iif?.name}>${one.oif?.name}`);
      return one.oif?.name === 'p3' ? DROP : ACCEPT;
    },
  });
  const arp = (protocolLength: string) =>
    unhex(`${BROADCAST}${A}08060001080006${protocolLength}0001${'00'.repeat(20)}`);
  const send = (frame: Uint8Array) => {
    bed.stack.receive(bed.device('p1'), frame);
    return bed.frames().map((line) => line.split(' ')[0]!);
  };
  expect(send(arp('04'))).toEqual(['p2']);
  expect(seen).toEqual(['p1>p3', 'p1>p2']);
  expect(send(arp('10'))).toEqual(['p3', 'p2']);
  bed.stack.setSysctl('net.bridge.bridge-nf-call-arptables', 0);
  expect(send(arp('04'))).toEqual(['p3', 'p2']);
  expect(seen).toHaveLength(2);
});

test('frames meet the hooks of family bridge; one dropped in forward stays', () => {
  const bed = make();
  const seen: string[] = [];
  for (const hook of ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const)
    bed.stack.netns.hooks.register('bridge', hook, {
      priority: 0,
      name: 'watch',
      kind: 'user',
      run: (one) => {
        seen.push(`${hook} ${one.iif?.name ?? ''}>${one.oif?.name ?? ''}`);
        return hook === 'forward' && one.oif?.name === 'p3' ? DROP : ACCEPT;
      },
    });
  expect(ports(bed, 'p1', B, A)).toEqual(['p2']);
  expect(seen).toEqual(['prerouting p1>', 'forward p1>p3', 'forward p1>p2', 'postrouting >p2']);
});

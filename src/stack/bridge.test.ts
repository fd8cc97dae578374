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

test('a frame for an unknown address is flooded, one for a known goes to its port', () => {
  const bed = make();
  expect(ports(bed, 'p1', B, A)).toEqual(['p2', 'p3']);
  expect(ports(bed, 'p2', A, B)).toEqual(['p1']);
  expect(ports(bed, 'p1', B, A)).toEqual(['p2']);
  expect(ports(bed, 'p2', B, A)).toEqual([]);
});

test('what was not heard for five minutes is flooded again', () => {
  const bed = make();
  ports(bed, 'p1', B, A);
  bed.clock.advance(301e9);
  expect(ports(bed, 'p2', A, B)).toEqual(['p1', 'p3']);
});

test('frames for the bridge go up, broadcasts both ways', () => {
  const bed = make();
  const ping = packet({ from: '10.0.0.11', to: '10.0.0.1' });
  // The answer waits for ARP, which is asked on every port.
  expect(ports(bed, 'p1', BR, A, ping)).toEqual(['p1', 'p2', 'p3']);
  expect(ports(bed, 'p2', BROADCAST, B)).toEqual(['p1', 'p3']);
});

test('pause frames and sources that are groups end here', () => {
  const bed = make();
  expect(ports(bed, 'p1', '0180c2000001', A)).toEqual([]);
  expect(ports(bed, 'p1', B, '030000000001')).toEqual([]);
  expect([...bed.stack.drops.keys()]).toEqual(['MAC_IEEE_MAC_CONTROL', 'MAC_INVALID_SOURCE']);
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
  expect(seen).toEqual(['prerouting p1>', 'forward p1>p2', 'postrouting >p2', 'forward p1>p3']);
});

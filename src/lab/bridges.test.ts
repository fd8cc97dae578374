// Bridges with rules of several families. What the kernel does with them is asked in test/kernel; here is what
// that kernel has no module for, or only a program could see.

import { expect, test } from 'vitest';
import type { QueuedPacket } from '../queue/index.ts';
import { type Lab, openLab } from './index.ts';

const NETWORK = {
  interfaces: [
    { name: 'br0', kind: 'bridge', mac: '02:00:00:00:00:bb', addresses: ['10.0.0.1/24'] },
    { name: 'eth0', mac: '02:00:00:00:00:01', master: 'br0' },
    { name: 'eth1', mac: '02:00:00:00:00:02', master: 'br0' },
  ],
  neighbours: [
    { device: 'br0', address: '10.0.0.2', mac: '02:00:00:00:02:00' },
    { device: 'br0', address: '10.0.0.3', mac: '02:00:00:00:02:01' },
  ],
} as const;

const FRAME = 'from 02:00:00:00:02:00 > 02:00:00:00:02:01, in eth0';
const UDP = `udp 10.0.0.2:1 > 10.0.0.3:53 data "hello" ${FRAME}`;
const lab = (ruleset: string): Lab => openLab({ ruleset, network: NETWORK });

test('broute: what is dropped there is for the port to take', () => {
  const one = lab(`*broute
:BROUTING ACCEPT
-A BROUTING -p IPv4 --ip-proto udp -j redirect --redirect-target CONTINUE
-A BROUTING -p IPv4 --ip-proto udp -j DROP
*filter
:INPUT DROP
:FORWARD DROP
:OUTPUT ACCEPT
`);
  const [routed] = one.send(UDP);
  expect(routed!.steps.some((step) => step.kind === 'route')).toBe(true);
  const [bridged] = one.send(`tcp 10.0.0.2:1 > 10.0.0.3:53 ${FRAME}`);
  expect(bridged!.steps.some((step) => step.kind === 'route')).toBe(false);
  expect(bridged!.outcome.fate).toBe('dropped');
});

const QUEUED = `table bridge b {
  chain early { type filter hook prerouting priority -300; counter queue num 1\n}
  chain late { type filter hook prerouting priority 10; counter queue num 2\n}
  chain forward { type filter hook forward priority -200; counter queue num 3\n}
}
table ip i {
  chain prerouting { type filter hook prerouting priority 0; counter queue num 4\n}
  chain forward { type filter hook forward priority 0; counter queue num 5\n}
  chain postrouting { type filter hook postrouting priority 0; counter queue num 6\n}
}`;

test('a packet goes on from every queue on its way, and programs see its ports', async () => {
  const one = lab(QUEUED);
  const seen: string[] = [];
  for (const num of [1, 2, 3, 4, 5, 6])
    await one.listen(num, ({ queue, indev, outdev, physIndev, physOutdev }: QueuedPacket) => {
      seen.push(`${queue} ${indev}>${outdev} ${physIndev}>${physOutdev}`);
      return 'accept';
    });
  expect(one.send(UDP)[0]!.outcome).toMatchObject({ fate: 'forwarded' });
  expect(seen).toEqual([
    '1 eth0> >',
    '4 br0> eth0>',
    '2 eth0> eth0>',
    '3 eth0>eth1 eth0>',
    '5 br0>br0 eth0>eth1',
    '6 >br0 eth0>eth1',
  ]);
});

test('copies of a group’s packet with a new connection cannot wait in a queue, but for the last', async () => {
  const network = {
    ...NETWORK,
    interfaces: [...NETWORK.interfaces, { name: 'eth2', master: 'br0' }],
  };
  const one = openLab({
    ruleset: `table ip t { chain forward { type filter hook forward priority 0; ct state new queue num 1\n} }`,
    network,
  });
  const seen: string[] = [];
  await one.listen(1, ({ physOutdev }: QueuedPacket) => {
    seen.push(physOutdev);
    return 'accept';
  });
  one.send('udp 10.0.0.2:1 > 10.0.0.9:53 from 02:00:00:00:02:00 > 02:00:00:00:02:09, in eth0');
  expect(seen).toEqual(['eth1']);
});

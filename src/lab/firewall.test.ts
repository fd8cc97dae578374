import { expect, test } from 'vitest';
import { parseIPv4 } from '../bytes/index.ts';
import { manualClock } from '../core/index.ts';
import { type Arrival, arrivalFromBytes } from './arrival.ts';
import { createFirewall, loadRuleset, readTopology } from './index.ts';

/** A UDP packet without payload and without checksums of its own. */
function udp(source: string, destination: string): Arrival {
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  bytes.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17]);
  view.setUint32(12, parseIPv4(source) ?? 0);
  view.setUint32(16, parseIPv4(destination) ?? 0);
  bytes.set([0, 53, 0, 53, 0, 8], 20);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
  const arrival = arrivalFromBytes(bytes);
  if (typeof arrival === 'string') throw new Error(arrival);
  return arrival;
}

const chain = (rule: string): string =>
  `table ip t {\n chain c {\n type filter hook forward priority 0;\n ${rule}\n }\n}`;

function lab(rule: string) {
  const sent: string[] = [];
  const content = {
    interfaces: { lan: '10.0.0.1/24', wan: '192.0.2.1/24' },
    routes: ['default via 192.0.2.254'],
  };
  const firewall = createFirewall({
    network: readTopology([{ name: 't', content }]).config,
    rulesets: [loadRuleset([{ name: 'r', text: chain(rule) }]).batch],
    clock: manualClock(),
    transmitted: (device) => sent.push(device.name),
  });
  return { firewall, sent };
}

test.each([
  { source: '10.0.0.9', device: 'lan' },
  { source: '198.51.100.1', device: 'wan' },
  { source: '192.0.2.1', device: undefined },
])('a packet from $source comes in by $device', ({ source, device }) => {
  const { firewall } = lab('accept');
  expect(firewall.deviceFor(udp(source, '198.51.100.2'))?.name).toBe(device);
});

test('packets are forwarded, dropped, and sent from here', () => {
  const { firewall, sent } = lab('ip daddr 198.51.100.3 drop');
  const lan = firewall.netns.devices.byName('lan');
  firewall.inject(udp('10.0.0.9', '198.51.100.2'), lan);
  firewall.inject(udp('10.0.0.9', '198.51.100.3'), lan);
  expect(sent).toEqual(['wan']);
  firewall.inject(udp('10.0.0.1', '10.0.0.9'), undefined);
  expect(sent).toEqual(['wan', 'lan']);
});

test('connections are tracked only where a rule needs them', () => {
  const { firewall } = lab('accept');
  const lan = firewall.netns.devices.byName('lan');
  firewall.inject(udp('10.0.0.9', '198.51.100.2'), lan);
  expect([...firewall.conntrack.connections.dump()]).toEqual([]);
  const more = loadRuleset([
    { name: 'r', text: chain('ct state new accept').replace(' t ', ' u ') },
  ]);
  firewall.apply(more.batch);
  firewall.inject(udp('10.0.0.9', '198.51.100.2'), lan);
  expect([...firewall.conntrack.connections.dump()]).toHaveLength(1);
});

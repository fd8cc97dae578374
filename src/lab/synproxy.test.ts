// A SYN proxy's whole way in the lab, over both families: what leaves is read, and answered.

import { expect, test } from 'vitest';
import { u32 } from '../bytes/index.ts';
import { manualClock } from '../core/index.ts';
import { printPacket } from '../packet/index.ts';
import { renderTrace } from '../trace/index.ts';
import { LINKTYPE_ETHERNET } from '../uapi/index.ts';
import { createFirewall, loadRuleset, openLab } from './index.ts';

const RULESET = `table inet t {
  chain raw { type filter hook prerouting priority raw; policy accept;
    tcp flags & (syn|ack) == syn notrack
  }
  chain through { type filter hook forward priority filter; policy accept;
    ct state invalid,untracked meta l4proto tcp synproxy mss 1460 wscale 7 timestamp sack-perm
    ct state invalid drop
  }
}`;

const SYSCTL = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  'net.netfilter.nf_conntrack_tcp_loose': 0,
};

const NETWORK = {
  interfaces: [
    { name: 'eth0', addresses: ['10.0.0.1/24', '2001:db8::1/64'], arp: 'static' },
    { name: 'eth1', addresses: ['192.0.2.1/24', '2001:db8:1::1/64'], arp: 'static' },
  ],
  sysctl: SYSCTL,
} as const;

/** Flags, window and length of what was sent, by device. */
function talk(client: string, server: string) {
  const lab = openLab({ ruleset: RULESET, network: NETWORK });
  const sent: { device: string; frame: Uint8Array }[] = [];
  for (const name of ['eth0', 'eth1']) {
    const { device } = lab.firewall.stack.interfaceNamed(name);
    device.transmit = (packet) => sent.push({ device: name, frame: packet.frameBytes().slice() });
  }
  return {
    lab,
    send: (notation: string): typeof sent => {
      sent.length = 0;
      lab.send(notation);
      return [...sent];
    },
    client,
    server,
  };
}

const tcpOf = (frame: Uint8Array): number => (frame[14]! >> 4 === 6 ? 54 : 34);
const textOf = (frame: Uint8Array): string => printPacket(frame, LINKTYPE_ETHERNET);

test.each([
  ['IPv4', '10.0.0.2:4000', '192.0.2.2:80'],
  ['IPv6', '[2001:db8::2]:4000', '[2001:db8:1::2]:80'],
])('a handshake with the client, then with the server: %s', (_name, client, server) => {
  const { send } = talk(client, server);
  const [answer] = send(`tcp ${client} > ${server} syn seq 1000 win 64240 mss 1400, in eth0`);
  expect(answer?.device).toBe('eth0');
  const cookie = u32(answer!.frame, tcpOf(answer!.frame) + 4);
  const ack = (n: number): number => (cookie + n) % 2 ** 32;
  expect(textOf(answer!.frame)).toMatch(/Flags \[S\.\].* ack 1001, win 0, options \[mss 1460\]/);

  const [syn] = send(`tcp ${client} > ${server} ack seq 1001 ack ${ack(1)} win 500, in eth0`);
  expect(syn?.device).toBe('eth1');
  expect(textOf(syn!.frame)).toMatch(/Flags \[S\].* seq 1000, win 500, options \[mss 1[234]\d\d\]/);

  const both = send(`tcp ${server} > ${client} syn,ack seq 9000 ack 1001 win 28960, in eth1`);
  expect(both.map(({ device }) => device)).toEqual(['eth1', 'eth0']);
  expect(textOf(both[0]!.frame)).toMatch(/Flags \[\.\].* ack 9001, win 500/);
  expect(textOf(both[1]!.frame)).toMatch(/Flags \[\.\].* ack 1001, win 28960/);

  const [data] = send(
    `tcp ${client} > ${server} psh,ack seq 1001 ack ${ack(1)} win 500 data "GET", in eth0`,
  );
  expect(textOf(data!.frame)).toMatch(/seq 1001:1004, ack 9001/);
  const [back] = send(
    `tcp ${server} > ${client} psh,ack seq 9001 ack 1004 win 300 data "hello", in eth1`,
  );
  expect(u32(back!.frame, tcpOf(back!.frame) + 4)).toBe(ack(1));
});

test('a cookie is good for two minutes and for nobody else', () => {
  const { lab, send, client, server } = talk('10.0.0.2:4000', '192.0.2.2:80');
  const [answer] = send(`tcp ${client} > ${server} syn seq 1000 win 64240 mss 1400, in eth0`);
  const ack = (u32(answer!.frame, tcpOf(answer!.frame) + 4) + 1) % 2 ** 32;
  const back = (from: string) =>
    send(`tcp ${from} > ${server} ack seq 1001 ack ${ack} win 500, in eth0`);
  expect(back('10.0.0.2:4001')).toEqual([]);
  expect(back('10.0.0.3:4000')).toEqual([]);
  lab.advance(119);
  const last = back(client);
  lab.advance(60);
  expect([last.length, back('10.0.0.2:4000').length]).toEqual([1, 0]);
});

test('a trace says what the proxy makes', () => {
  const { lab, client, server } = talk('10.0.0.2:4000', '192.0.2.2:80');
  const [first] = lab.send(`tcp ${client} > ${server} syn, in eth0`);
  expect(renderTrace(first!)).toMatch(/packet .* Flags \[S\.\]/);
  expect(renderTrace(first!)).not.toContain('depends');
  const [udp] = openLab({
    ruleset: 'table ip t { chain c { type filter hook forward priority 0; synproxy mss 1460 } }',
    network: NETWORK,
  }).send('udp 10.0.0.2:1 > 192.0.2.2:2, in eth0');
  expect(renderTrace(udp!)).toContain('not TCP');
});

test('the hooks go when the last rule goes', () => {
  const clock = manualClock();
  const firewall = createFirewall({ network: NETWORK, rulesets: [], clock });
  const names = () => firewall.netns.hooks.points().flatMap((p) => p.entries.map((e) => e.name));
  const apply = (text: string): void => firewall.apply(loadRuleset([{ name: 'r', text }]).batch);
  apply(RULESET);
  expect(names().filter((name) => name === 'synproxy')).toHaveLength(4);
  firewall.apply([{ op: 'deltable', destroy: false, family: 'inet', table: { name: 't' } }]);
  expect(names()).not.toContain('synproxy');
});

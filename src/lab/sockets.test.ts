// What people ask: "what if squid listens here with IP_TRANSPARENT?"

import { expect, test } from 'vitest';
import { renderTrace } from '../trace/index.ts';
import { openLab } from './index.ts';
import { readTopology } from './topology/index.ts';

const TPROXY = `table ip proxy {
  chain divert {
    type filter hook prerouting priority mangle; policy accept;
    socket transparent 1 meta mark set 1 accept
    tcp dport 80 tproxy to :3128 meta mark set 1 accept
  }
}`;

function lab(sockets: readonly unknown[], ruleset = TPROXY) {
  const { config, problems } = readTopology([
    {
      name: 'topology.yaml',
      content: {
        interfaces: { eth0: '10.0.0.1/24', eth1: '192.0.2.1/24' },
        routes: ['default via 192.0.2.254', 'local default dev lo table 100'],
        rules: ['fwmark 1 table 100'],
        sockets,
      },
    },
  ]);
  expect(problems).toEqual([]);
  return openLab({ ruleset, network: config });
}

const REQUEST = 'tcp 10.0.0.2:40000 > 198.51.100.7:80 syn, in eth0';

function traced(sockets: readonly unknown[], packet = REQUEST, ruleset = TPROXY): string {
  const [first] = lab(sockets, ruleset).send(packet);
  return renderTrace(first!);
}

const SQUID = { protocol: 'tcp', address: '0.0.0.0', port: 3128, transparent: true, uid: 13 };

test('a request goes to the transparent proxy', () => {
  const text = traced([SQUID]);
  expect(text).toContain('deliver      to tcp 0.0.0.0:3128');
  expect(text).not.toContain('depends');
});

test.each([
  ['nobody listens', [], 'no socket listens there'],
  [
    'the proxy is not transparent',
    [{ ...SQUID, transparent: false }],
    'the socket that listens there is not transparent',
  ],
])('why a request is not diverted: %s', (_name, sockets, why) => {
  const text = traced(sockets);
  expect(text).toContain(why);
  expect(text).toContain('no socket here takes it');
  expect(text).toContain('forwarded');
});

const ENDED = {
  ...SQUID,
  address: '198.51.100.7',
  port: 80,
  peer: '10.0.0.2:40000',
  state: 'time-wait',
};

test.each([
  ['a SYN opens another one where somebody listens', REQUEST, [SQUID], 'to tcp 0.0.0.0:3128'],
  ['a SYN keeps to it where nobody does', REQUEST, [], 'in TIME_WAIT'],
  [
    'what is no SYN keeps to it',
    REQUEST.replace('syn', 'ack'),
    [SQUID],
    'to tcp 198.51.100.7:80 connected to 10.0.0.2:40000 in TIME_WAIT',
  ],
])('tproxy and a connection in TIME_WAIT: %s', (_name, packet, sockets, where) => {
  const only = TPROXY.replace(/socket transparent.*/, '');
  expect(traced([...sockets, ENDED], packet, only)).toContain(where);
});

const rules = (hook: string, ...list: string[]): string =>
  `table inet t { chain c { type filter hook ${hook} priority 0;\n${list.join('\n')}\n} }`;

test.each([
  [
    'TIME_WAIT has no mark',
    'prerouting',
    'socket mark 1',
    [
      {
        ...SQUID,
        address: '10.0.0.1',
        peer: '10.0.0.2:40000',
        state: 'time-wait',
      },
    ],
    'of a connection in TIME_WAIT only the addresses are left',
  ],
  [
    'a cgroup is not so deep',
    'prerouting',
    'socket cgroupv2 level 2 "system.slice/squid.service"',
    [{ ...SQUID, cgroup: '/system.slice' }],
    'its cgroup /system.slice is above level 2',
  ],
])('why a socket says nothing: %s', (_name, hook, rule, sockets, why) => {
  const text = traced(
    sockets,
    'tcp 10.0.0.2:40000 > 10.0.0.1:3128 syn, in eth0',
    rules(hook, rule),
  );
  expect(text).toContain(why);
});

test('rules ask for the cgroup of a socket', () => {
  const sockets = [{ ...SQUID, cgroup: '/system.slice/squid.service/worker' }];
  const text = traced(
    sockets,
    'tcp 10.0.0.2:40000 > 10.0.0.1:3128 syn, in eth0',
    rules(
      'input',
      'socket cgroupv2 level 1 "user.slice" drop',
      'socket cgroupv2 level 2 "system.slice/squid.service" accept',
    ),
  );
  expect(text).toMatch(/✓ socket cgroupv2 level 2/);
  expect(text).toMatch(/✗ socket cgroupv2 level 1/);
});

test.each([
  ['a socket bound to the source', 'tcp 10.0.0.1:3128 > 10.0.0.2:5 ack, out', true],
  ['a program that is named', 'udp 10.0.0.1:5 > 10.0.0.2:5, out uid 13 gid 13', true],
  [
    'a program that is named, though a socket is bound there',
    'tcp 10.0.0.1:3128 > 10.0.0.2:5 ack, out uid 14',
    false,
  ],
  ['nobody that is known', 'udp 10.0.0.1:5 > 10.0.0.2:5, out', false],
])('who sends a packet: %s', (_name, packet, passes) => {
  const text = traced([SQUID], packet, rules('output', 'meta skuid 13 accept', 'drop'));
  expect(text.includes('dropped')).toBe(!passes);
});

test('a packet says its control groups', () => {
  const text = traced(
    [],
    'udp 10.0.0.1:5 > 10.0.0.2:5, out cgroup "/system.slice" classid 7',
    rules('output', 'meta cgroup 7 socket cgroupv2 level 1 "system.slice" accept', 'drop'),
  );
  expect(text).not.toContain('dropped');
});

import { expect, test } from 'vitest';
import { openLab } from '../../../lab/index.ts';
import { encodeLoggedPacket } from '../../../netlink/index.ts';
import { readConfig } from './config.ts';
import { requestOf, requestText } from './requests.ts';
import { rulesetText } from './ruleset.ts';

const LAB = {
  interfaces: ['eth0'],
  listeners: [{ protocol: 'tcp', port: 80, for: [8080, '8000-8010'] }],
  default: { tcp: 1337, udp: 1338 },
  allow: [{ protocol: 'tcp', port: 22 }, { to: ['192.0.2.0/24', '2001:db8::/32'] }],
  deny: [{ protocol: 'udp', port: 123 }],
};

const wrong: readonly {
  readonly says: string;
  readonly file: unknown;
  readonly problem: string;
}[] = [
  { says: 'no object', file: [1], problem: 'the file should be an object' },
  {
    says: 'nothing to divert to',
    file: { mode: 'host' },
    problem: 'needs listeners, or a default',
  },
  {
    says: 'a port that is none',
    file: { default: { tcp: 0 } },
    problem: 'default.tcp: should be a port',
  },
  {
    says: 'a range the wrong way round',
    file: { ...LAB, listeners: [{ protocol: 'tcp', port: 80, for: ['9-8'] }] },
    problem: "listeners[0].for: '9-8' is no port",
  },
  {
    says: 'two listeners for one port',
    file: { ...LAB, listeners: [LAB.listeners[0], { protocol: 'tcp', port: 8080 }] },
    problem: 'listeners[1]: tcp 8080 goes to listeners[0] already',
  },
  {
    says: 'users of packets that other machines send',
    file: { ...LAB, allow: [{ user: 'root' }] },
    problem: 'allow[0]: user, group and cgroup are of programs of this host',
  },
  {
    says: 'ports of ICMP',
    file: { ...LAB, deny: [{ protocol: 'icmp', port: 1 }] },
    problem: 'icmp has no ports',
  },
  {
    says: 'words in the place of an address',
    file: { ...LAB, deny: [{ to: 'x; drop' }] },
    problem: 'no address',
  },
  {
    says: 'a field nobody knows',
    file: { ...LAB, listner: 1 },
    problem: 'listner: is not known here',
  },
];

test.each(wrong)('$says is told', ({ file, problem }) => {
  expect(readConfig(file).problems.join('\n')).toContain(problem);
});

/** What becomes of a packet, and of the answer, in the engine. */
function asked(packet: string, file: object = LAB) {
  const { config, problems } = readConfig(file);
  expect(problems).toEqual([]);
  const lab = openLab({
    ruleset: rulesetText(config),
    network: {
      interfaces: [
        { name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'], arp: 'static' },
        { name: 'eth1', addresses: ['198.51.100.1/24'], arp: 'static' },
      ],
      routes: [{ to: 'default', via: '198.51.100.2' }],
      sysctl: { 'net.ipv4.ip_forward': 1 },
    },
  });
  return lab.send(packet)[0]!;
}

const cases: readonly {
  readonly says: string;
  readonly packet: string;
  readonly result: RegExp;
}[] = [
  {
    says: 'a listener of that port gets it',
    packet: 'tcp 10.0.0.2:40000 > 203.0.113.9:80 syn, in eth0',
    result: /10\.0\.0\.1:80/,
  },
  {
    says: 'a port of its range goes to it',
    packet: 'tcp 10.0.0.2:40000 > 203.0.113.9:8005 syn, in eth0',
    result: /10\.0\.0\.1:80/,
  },
  {
    says: 'any other goes to the default',
    packet: 'udp 10.0.0.2:40000 > 203.0.113.9:5000, in eth0',
    result: /10\.0\.0\.1:1338/,
  },
  {
    says: 'over IPv6 too',
    packet: 'tcp [fd00::2]:40000 > [2001:db9::9]:45678 syn, in eth0',
    result: /fd00::1.*1337/,
  },
];

test.each(cases)('$says', ({ packet, result }) => {
  expect(JSON.stringify(asked(packet).steps)).toMatch(result);
});

test('what is allowed is left alone, what is denied is dropped', () => {
  const ssh = asked('tcp 10.0.0.2:40000 > 203.0.113.9:22 syn, in eth0');
  expect(JSON.stringify(ssh.outcome)).toContain('eth1');
  const time = asked('udp 10.0.0.2:40000 > 203.0.113.9:123, in eth0');
  expect(JSON.stringify(time.outcome)).toContain('dropped');
});

test('a line says who asked for what', () => {
  const { config } = readConfig(LAB);
  // 10.0.0.2:40000 > 203.0.113.9:45678, TCP.
  const payload = Uint8Array.from([
    ...[0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 203, 0, 113, 9],
    ...[0x9c, 0x40, 0xb2, 0x6e, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0],
  ]);
  const packet = {
    group: 1500,
    family: 2,
    protocol: 0x800,
    hook: 0,
    indev: 3,
    payload,
    timestamp: { seconds: 1, microseconds: 250_000 },
  };
  expect(encodeLoggedPacket(packet, true).payload.length).toBeGreaterThan(payload.length);
  const request = requestOf(packet, config, () => 'eth0');
  expect(request).toEqual({
    time: 1.25,
    protocol: 'tcp',
    from: '10.0.0.2',
    fromPort: 40000,
    to: '203.0.113.9',
    toPort: 45678,
    in: 'eth0',
    listener: 1337,
    isDefault: true,
  });
  expect(requestText(request!)).toBe(
    '00:00:01.250  tcp 10.0.0.2:40000 asks 203.0.113.9:45678 → :1337 (default)',
  );
  expect(requestOf({ ...packet, payload: payload.slice(0, 10) }, config, () => '')).toBeUndefined();
});

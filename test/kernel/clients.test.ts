// Real clients and servers through a router of the kernel; what the router received goes through the
// engine, too, and both must have expected the same connections and keep the same entries.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatMac } from '../../src/bytes/index.ts';
import { describeEntry, describeExpectation } from '../../src/conntrack/index.ts';
import { manualClock, seeded } from '../../src/core/index.ts';
import { createFirewall, loadRuleset } from '../../src/lab/index.ts';
import { ADDRESSES, ClientNetwork, ROUTER_MACS, timeOf } from './clients/network.ts';
import { parseEntry } from './entries.ts';
import { missingToo } from './needs.ts';

const reason = missingToo('vsftpd', 'curl', 'lftp', 'in.tftpd', 'dumpcap', 'sipp');

const RULES = `table inet helping {
  ct helper ftp { type "ftp" protocol tcp; }
  ct helper tftp { type "tftp" protocol udp; }
  ct helper sip { type "sip" protocol udp; }
  ct helper irc { type "irc" protocol tcp; }
  chain prerouting {
    type filter hook prerouting priority filter; policy accept;
    tcp dport 21 ct helper set "ftp"
    udp dport 69 ct helper set "tftp"
    udp dport 5060 ct helper set "sip"
    tcp dport 6667 ct helper set "irc"
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established accept
    ct state related ct mark set 7 accept
    meta l4proto ipv6-icmp accept
    tcp dport 21 accept
    udp dport { 69, 5060 } accept
    tcp dport 6667 accept
  }
}
`;
const SNAT = `${RULES}table inet nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" snat ip to 192.0.2.1
    oifname "wan" snat ip6 to 2001:db8:1::1
  }
}
`;

/** The engine on the frames a router received. */
function replay(
  ruleset: string,
  packets: ReturnType<ClientNetwork['watch']>['packets'],
): {
  expected: string[];
  entries: string[];
} {
  const loaded = loadRuleset([{ name: 'rules', text: ruleset }], {
    interfaces: { lan: 2, wan: 3 },
  });
  const clock = manualClock();
  const address = (four: string, six: string) => [`${four}/24`, `${six}/64`];
  const firewall = createFirewall({
    network: {
      interfaces: [
        { name: 'lan', mac: ROUTER_MACS.lan, addresses: address('10.0.0.1', '2001:db8::1') },
        { name: 'wan', mac: ROUTER_MACS.wan, addresses: address('192.0.2.1', '2001:db8:1::1') },
      ],
      // A capture at the sender shows checksums that the device would have finished.
      sysctl: {
        'net.ipv4.ip_forward': 1,
        'net.ipv6.conf.all.forwarding': 1,
        'net.netfilter.nf_conntrack_checksum': 0,
      },
    },
    rulesets: [loaded.batch],
    clock,
    random: seeded(1),
  });
  const expected: string[] = [];
  firewall.conntrack.connections.events((event) => {
    if (event.type === 'expect-new') expected.push(describeExpectation(event.expected));
  });
  const start = timeOf(packets[0]!);
  const own: readonly string[] = Object.values(ROUTER_MACS);
  for (const packet of packets) {
    clock.advanceTo(Math.max(clock.now(), timeOf(packet) - start));
    if (own.includes(formatMac(packet.data.subarray(6, 12)))) continue;
    const { device } = firewall.stack.interfaceNamed(packet.interface.name ?? '');
    firewall.stack.receive(device, packet.data);
  }
  const entries = [...firewall.conntrack.connections.dump()].map((entry) => describeEntry(entry));
  return { expected, entries };
}

const comparable = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => /^(tcp|udp) /.test(line))
    .map((line) => parseEntry(line, {}).key)
    .sort();

/** Without the seconds, and without what kind of event it is. */
const announced = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^\s*(\[NEW\]\s*)?\d+\s+/, '').trim()).filter((l) => l !== '');

const FTP_CONFIG = (folder: string): string => `listen=NO
listen_ipv6=YES
anonymous_enable=YES
anon_root=${folder}
local_enable=NO
connect_from_port_20=YES
seccomp_sandbox=NO
background=NO
pasv_min_port=50000
pasv_max_port=50100
`;

const url = (family: 'ip' | 'ip6', scheme: string): string => {
  const { server } = ADDRESSES[family];
  return `${scheme}://${family === 'ip6' ? `[${server}]` : server}`;
};

const curl = (...args: readonly string[]): string[] => [
  'curl',
  '-sS',
  '-m',
  '20',
  '-o',
  '/dev/null',
  ...args,
];
const lftp = (family: 'ip' | 'ip6', settings: string): string[] => [
  'lftp',
  '-e',
  `set net:max-retries 1; set net:timeout 10; set ftp:sync-mode on; ${settings} cls; cat file; bye`,
  url(family, 'ftp'),
];

/** A call of SIPp with its media offered and taken, and hung up after a while. */
const sipp = (family: 'ip' | 'ip6'): string[] => {
  const { client, server } = ADDRESSES[family];
  const to = family === 'ip6' ? `[${server}]:5060` : `${server}:5060`;
  return ['sipp', '-sn', 'uac', '-i', client, '-m', '1', '-d', '100', '-nostdin', to];
};

/** Two ends of DCC: who offers a file listens, who is told by way of the server connects and takes it. */
const DCC_TAKES = `
const net = require('node:net');
net.createServer((irc) => irc.on('data', (line) => {
  const [, address, port] = /DCC SEND file (\\d+) (\\d+)/.exec(line);
  const host = [24, 16, 8, 0].map((bits) => (Number(address) >>> bits) & 255).join('.');
  net.connect(Number(port), host).on('data', () => irc.end());
})).listen(6667, '${ADDRESSES.ip.server}');`;
const DCC_OFFERS = `
const net = require('node:net');
const address = '${ADDRESSES.ip.client}'.split('.').reduce((n, octet) => n * 256 + Number(octet), 0);
const file = net.createServer((taker) => taker.end('hello')).listen(7000, () => {
  const irc = net.connect(6667, '${ADDRESSES.ip.server}');
  irc.write('PRIVMSG you :\\x01DCC SEND file ' + address + ' 7000 5\\x01\\r\\n');
  irc.on('end', () => { irc.end(); file.close(); });
  irc.resume();
});`;

interface Client {
  readonly name: string;
  readonly command: (family: 'ip' | 'ip6') => string[];
  /** Connections it announces. */
  readonly announces: number;
  /** Of these, how many are made; all of them where not said. */
  readonly made?: number;
  readonly families?: readonly ('ip' | 'ip6')[];
  /** Behind source NAT, too; default every family. */
  readonly translated?: readonly ('ip' | 'ip6')[];
}

const CLIENTS: readonly Client[] = [
  { name: 'curl, passive', command: (f) => curl(`${url(f, 'ftp')}/file`), announces: 1 },
  {
    name: 'curl, passive without EPSV',
    command: (f) => curl('--disable-epsv', `${url(f, 'ftp')}/file`),
    announces: 1,
    families: ['ip'],
  },
  { name: 'curl, active', command: (f) => curl('-P', '-', `${url(f, 'ftp')}/file`), announces: 1 },
  {
    name: 'curl, active without EPRT',
    command: (f) => curl('--disable-eprt', '-P', '-', `${url(f, 'ftp')}/file`),
    announces: 1,
    families: ['ip'],
  },
  { name: 'lftp, passive', command: (f) => lftp(f, 'set ftp:passive-mode on;'), announces: 2 },
  { name: 'lftp, active', command: (f) => lftp(f, 'set ftp:passive-mode off;'), announces: 2 },
  { name: 'curl, TFTP', command: (f) => curl(`${url(f, 'tftp')}/file`), announces: 1 },
  {
    name: 'a file by DCC',
    command: () => [process.execPath, '-e', DCC_OFFERS],
    announces: 1,
    families: ['ip'],
  },
  // RTP and RTCP of either end, of which SIPp sends none. Behind a translated IPv6 address its call fails on the kernel.
  { name: 'SIPp', command: sipp, announces: 4, made: 0, translated: ['ip'] },
];

describe.skipIf(reason !== undefined)(`clients and servers${reason ? ` (${reason})` : ''}`, () => {
  if (reason !== undefined) {
    test.each(CLIENTS.map(({ name }) => name))('%s', () => {});
    return;
  }
  const network = new ClientNetwork();
  afterAll(() => network.close());
  const files = join(network.folder, 'files');
  const config = join(network.folder, 'vsftpd.conf');
  mkdirSync(files, { mode: 0o755 });
  mkdirSync('/var/run/vsftpd/empty', { recursive: true });
  writeFileSync(join(files, 'file'), 'hello\n'.repeat(100), { mode: 0o644 });
  spawnSync('chmod', ['755', network.folder, files]);
  writeFileSync(config, FTP_CONFIG(files));
  network.start('s', 'vsftpd', config);
  network.start('s', 'in.tftpd', '-L', '-s', files);
  for (const { server } of Object.values(ADDRESSES))
    network.start('s', 'sipp', '-sn', 'uas', '-i', server, '-nostdin');
  network.start('s', process.execPath, '-e', DCC_TAKES);

  const cases = CLIENTS.flatMap(({ families = ['ip', 'ip6'], translated = families, ...client }) =>
    families.flatMap((family) =>
      [RULES, ...(translated.includes(family) ? [SNAT] : [])].map((ruleset) => ({
        ...client,
        family,
        ruleset,
      })),
    ),
  ).map((one) => ({
    ...one,
    name: `${one.name}, ${one.family === 'ip' ? 'IPv4' : 'IPv6'}${one.ruleset === SNAT ? ', source NAT' : ''}`,
  }));

  test.each(cases)('$name', ({ command, family, ruleset, announces, made = announces }) => {
    network.load(ruleset);
    const seen = network.watch(() => network.run('c', ...command(family)));
    const engine = replay(ruleset, seen.packets);
    const kernel = announced(seen.expected.split('\n').filter((line) => line.includes('[NEW]')));
    expect(kernel).toHaveLength(announces);
    expect(announced(engine.expected)).toEqual(kernel);
    expect(engine.entries.length).toBeGreaterThan(made);
    expect(comparable(engine.entries)).toEqual(comparable(seen.entries.split('\n')));
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IpSetFamily, IpSetListing, IpSetType } from '../../program/index.ts';
import {
  IPSET_TYPE_INFOS,
  IpsetFault,
  ipsetErrorText,
  ipsetOptions,
  ipsetWords,
  listSets,
  parseIpsetRestore,
  readCommand,
} from './index.ts';
import { compareEntries } from './sort.ts';

const KNOWN: Readonly<Record<string, { type: IpSetType; family: IpSetFamily }>> = {
  ip: { type: 'hash:ip', family: 'inet' },
  ip6: { type: 'hash:ip', family: 'inet6' },
  net: { type: 'hash:net', family: 'inet' },
  netnet: { type: 'hash:net,net', family: 'inet' },
  ipport: { type: 'hash:ip,port', family: 'inet' },
  ipportnet: { type: 'hash:ip,port,net', family: 'inet' },
  netportnet6: { type: 'hash:net,port,net', family: 'inet6' },
  ipmac: { type: 'hash:ip,mac', family: 'inet' },
  mac: { type: 'hash:mac', family: 'unspec' },
  mark: { type: 'hash:ip,mark', family: 'inet' },
  iface: { type: 'hash:net,iface', family: 'inet' },
  bmac: { type: 'bitmap:ip,mac', family: 'inet' },
  bport: { type: 'bitmap:port', family: 'unspec' },
  list: { type: 'list:set', family: 'unspec' },
};

function read(line: string) {
  const words = ipsetWords(line).map(({ text }) => text);
  const context = {
    options: ipsetOptions(),
    names: {},
    mode: 'command' as const,
    known: (name: string) => KNOWN[name],
  };
  return readCommand(words, context);
}

function entryOf(line: string) {
  const command = read(line);
  if (command.kind !== 'change' || !('entry' in command.change)) throw new Error(line);
  return command.change.entry;
}

test.each([
  ['add ip 10.0.0.1', { ip: '0a000001' }],
  ['add ip 10.0.0.0/24', { ip: '0a000000', cidr: 24 }],
  ['add ip 10.0.0.1-10.0.0.9 timeout 0', { ip: '0a000001', ipTo: '0a000009', timeout: 0 }],
  ['add ip6 2001:db8::1', { ip: '20010db8000000000000000000000001' }],
  ['add net 10.0.0.0/8 nomatch', { ip: '0a000000', cidr: 8, nomatch: true }],
  [
    'add netnet 10.0.0.0/8,192.0.2.1-192.0.2.4',
    { ip: '0a000000', cidr: 8, ip2: 'c0000201', ip2To: 'c0000204' },
  ],
  ['add ipport 10.0.0.1,80', { ip: '0a000001', proto: 6, port: 80 }],
  ['add ipport 10.0.0.1,udp:5-9', { ip: '0a000001', proto: 17, port: 5, portTo: 9 }],
  ['add ipport 10.0.0.1,icmp:echo-request', { ip: '0a000001', proto: 1, port: 0x800 }],
  ['add ipport 10.0.0.1,icmp:3/4', { ip: '0a000001', proto: 1, port: 0x304 }],
  ['add ipport 10.0.0.1,vrrp:0', { ip: '0a000001', proto: 112, port: 0 }],
  [
    'add ipportnet 10.0.0.1,sctp:1,10.0.0.0/8',
    { ip: '0a000001', proto: 132, port: 1, ip2: '0a000000', cidr2: 8 },
  ],
  ['add ipmac 10.0.0.1,1:2:3:4:5:A', { ip: '0a000001', mac: '01020304050a' }],
  ['add mac 02:00:00:00:00:01', { mac: '020000000001' }],
  ['add mark 10.0.0.1,0x10', { ip: '0a000001', mark: 16 }],
  ['add iface 10.0.0.0/8,physdev:eth0', { ip: '0a000000', cidr: 8, iface: 'eth0', physdev: true }],
  ['add iface 10.0.0.1,eth wildcard', { ip: '0a000001', iface: 'eth', wildcard: true }],
  ['add bmac 10.0.0.1', { ip: '0a000001' }],
  ['add bport 22-25', { port: 22, portTo: 25 }],
  ['add list a before b', { name: 'a', before: 'b' }],
  ['add list a,after,b', { name: 'a', after: 'b' }],
  [
    'add ip 1.1.1.1 packets 5 bytes 18446744073709551614 comment "a b" skbmark 0x5/0xf skbprio 1:10 skbqueue 3',
    {
      ip: '01010101',
      packets: '5',
      bytes: '18446744073709551614',
      comment: 'a b',
      skbmark: 5,
      skbmarkmask: 15,
      skbprio: 0x10010,
      skbqueue: 3,
    },
  ],
])('%s', (line, entry) => {
  expect(entryOf(line)).toEqual(entry);
});

test.each([
  ['add ip 10.0.0.256', 1, 'cannot parse 10.0.0.256: resolving to IPv4 address failed'],
  ['add none 10.0.0.1', 1, 'The set with the given name does not exist'],
  ['add ipport 10.0.0.1', 1, 'Second element is missing from 10.0.0.1.'],
  ['add mac 02:00:00:00:00', 1, "cannot parse '02:00:00:00:00' as ethernet address"],
  ['add netportnet6 ::1,icmp:ping,::1', 1, 'Protocol ICMP can be used with family inet only'],
  ['add mark 10.0.0.1,x', 1, "'x' is invalid as number"],
  ['add netnet 10.0.0.0/8', 1, 'Second element is missing'],
  ['test netnet 10.0.0.1-10.0.0.4,10.0.0.1', 1, 'FROM-TO IP range is not allowed in command test'],
  ['add ip 10.0.0.1 sometimes', 2, "Unknown argument: `sometimes'"],
  ['create s hash:ip maxelem', 2, "Missing mandatory argument of option `maxelem'"],
  ['create s hash:none', 1, "typename 'hash:none' is unknown"],
  ['fly', 2, 'No command specified: unknown argument fly'],
])('%s is refused with %i', (line, status, message) => {
  const fault = (() => {
    try {
      return read(line);
    } catch (error) {
      return error;
    }
  })();
  expect(fault).toBeInstanceOf(IpsetFault);
  expect(fault).toMatchObject({ status, message: expect.stringContaining(message) });
});

test('every type is created by its name and by its old one', () => {
  for (const { type, aliases, create } of IPSET_TYPE_INFOS)
    for (const name of [type, ...aliases]) {
      const needed = type === 'bitmap:port' ? 'range 0-9' : 'range 10.0.0.0/24';
      const command = read(`create s ${name} ${create.includes('range') ? needed : ''}`);
      expect(command).toMatchObject({ change: { kind: 'create', set: 's', type } });
    }
});

describe('restore files', () => {
  const source = (text: string) => ({ name: 'sets', text });

  test('a line that is wrong has its place, and the others are read', () => {
    const { changes, problems } = parseIpsetRestore(
      source('create a hash:ip\n# note\n  add a 1.1.1.x\nadd a 1.1.1.1\n'),
    );
    expect(changes.map(({ kind }) => kind)).toEqual(['create', 'add']);
    expect(changes[1]?.source).toEqual({
      file: 'sets',
      line: 4,
      column: 1,
      text: 'add a 1.1.1.1',
    });
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'error', file: 'sets', line: 3, column: 3 }),
    ]);
  });

  test('names follow what the file renames and swaps', () => {
    const { changes, problems } = parseIpsetRestore(
      source(
        'create a hash:ip\ncreate b hash:net,iface\nswap a b\nadd a 10.0.0.0/8,eth0\nrename b c\nadd c 1.1.1.1\nadd b 1.1.1.1',
      ),
    );
    expect(changes).toHaveLength(6);
    expect(problems.map(({ line }) => line)).toEqual([7]);
  });

  test('any text is read without an exception', () => {
    const word = fc.constantFrom(
      'create',
      'add',
      'a',
      'hash:net,iface',
      '10.0.0.0/8',
      ',',
      '"',
      '-!',
      '[',
      'tcp:',
      '-',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 8 }), (words) => {
        const text = `create a hash:ip,port,net\n${words.join(' ')}`;
        for (const { line } of parseIpsetRestore(source(text)).problems)
          expect(line).toBeGreaterThan(0);
      }),
    );
  });
});

const listing = (more: Partial<IpSetListing>): IpSetListing => ({
  name: 's',
  index: 0,
  type: 'hash:net,port',
  family: 'inet',
  revision: 8,
  options: { hashsize: 64, maxelem: 9, timeout: 5, counters: true, bucketsize: 12, initval: 1 },
  entries: [
    { ip: '0a000000', cidr: 8, proto: 17, port: 53, expires: 4999, packets: '1', bytes: '60' },
    {
      ip: '0a000001',
      cidr: 32,
      proto: 1,
      port: 0x800,
      expires: 0,
      packets: '0',
      bytes: '0',
      nomatch: true,
    },
  ],
  references: 1,
  elements: 2,
  memsize: 500,
  ...more,
});

test('a saved set', () => {
  expect(listSets([listing({})], { output: 'save' })).toBe(
    'create s hash:net,port family inet hashsize 64 maxelem 9 timeout 5 counters bucketsize 12 initval 0x00000001\n' +
      'add s 10.0.0.0/8,udp:53 timeout 4 packets 1 bytes 60\n' +
      'add s 10.0.0.1,icmp:echo-request timeout 0 nomatch packets 0 bytes 0\n',
  );
});

test('what is saved is read again', () => {
  const { changes, problems } = parseIpsetRestore({
    name: '',
    text: listSets([listing({})], { output: 'save' }),
  });
  expect(problems).toEqual([]);
  expect(changes).toMatchObject([
    { kind: 'create', type: 'hash:net,port', options: { hashsize: 64, timeout: 5, initval: 1 } },
    { kind: 'add', entry: { ip: '0a000000', cidr: 8, proto: 17, port: 53, timeout: 4 } },
    { kind: 'add', entry: { ip: '0a000001', proto: 1, port: 0x800, nomatch: true } },
  ]);
});

test('sets are listed with a line between them, names without', () => {
  const two = [listing({ entries: [] }), listing({ name: 't', entries: [] })];
  expect(listSets(two, { output: 'plain', terse: true }).split('\n\n')).toHaveLength(2);
  expect(listSets(two, { output: 'plain', names: true })).toBe('s\nt\n');
  expect(listSets([], { output: 'xml' })).toBe('<ipsets>\n</ipsets>\n');
});

test.each([
  ['10.0.0.2', '10.0.0.10', -1],
  ['10.0.0.0/8', '10.0.0.0/16', 1],
  ['10.0.0.0', '10.0.0.0/8', -1],
  ['::1', '2001:db8::1', -1],
  ['1.1.1.1,tcp:80', '1.1.1.1,udp:80', -1],
])('%s before %s: %i', (a, b, sign) => {
  expect(Math.sign(compareEntries(`${a}\n`, `${b}\n`))).toBe(sign);
});

test('what the kernel answers is said for the command', () => {
  const entry = { ip: '01010101' };
  expect(ipsetErrorText('EXIST', { kind: 'del', set: 's', entry })).toContain('not added');
  expect(ipsetErrorText('EXIST', { kind: 'add', set: 's', entry })).toContain('already added');
});

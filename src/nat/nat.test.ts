import { describe, expect, test } from 'vitest';
import { ACCEPT, DROP } from '../core/index.ts';
import { NatBed, range } from './bed.ts';
import {
  NatRange,
  NF_NAT_RANGE_PROTO_OFFSET,
  NF_NAT_RANGE_PROTO_RANDOM,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY,
} from './range.ts';

const OUT = 'udp 10.0.0.1:5000 > 198.51.100.1:53';

describe('source NAT', () => {
  test('changes the first packet, and the answers back, ports and all', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6000]));
    expect(bed.send(`${OUT} data "x"`)).toBe('NEW 192.0.2.1:6000 > 198.51.100.1:53');
    expect(bed.send('udp 198.51.100.1:53 > 192.0.2.1:6000 data "abc"')).toBe(
      'ESTABLISHED 198.51.100.1:53 > 10.0.0.1:5000',
    );
    expect(bed.send(OUT)).toBe('ESTABLISHED 192.0.2.1:6000 > 198.51.100.1:53');
    expect(bed.ct.describe(bed.packet.ct)).toContain(
      'src=10.0.0.1 dst=198.51.100.1 sport=5000 dport=53 src=198.51.100.1 dst=192.0.2.1 sport=53 dport=6000',
    );
  });

  test('is decided once per flow: the chain runs for the first packet only', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    for (let i = 0; i < 3; i++) bed.send(OUT);
    bed.send('udp 198.51.100.1:53 > 192.0.2.1:5000');
    bed.send(OUT);
    expect(bed.runs).toEqual({ postrouting: 1 });
  });

  test('keeps the port where it is free', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    expect(bed.send(OUT)).toBe('NEW 192.0.2.1:5000 > 198.51.100.1:53');
  });

  test.each([
    [5000, 1024, 65535],
    [700, 600, 1023],
    [100, 1, 511],
  ])('a taken port %d gives way to one of its class', (port, min, max) => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    const used = new Set<number>();
    for (let host = 1; host <= 20; host++) {
      const text = bed.send(`udp 10.0.0.${host}:${port} > 198.51.100.1:53`);
      const chosen = Number(/192\.0\.2\.1:(\d+) /.exec(text)?.[1]);
      expect(chosen).toBeGreaterThanOrEqual(min);
      expect(chosen).toBeLessThanOrEqual(max);
      used.add(chosen);
    }
    expect(used.size).toBe(20);
    expect(used.has(port)).toBe(true);
  });

  test('the same port serves several servers', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    expect(bed.send(OUT)).toContain('192.0.2.1:5000 >');
    expect(bed.send('udp 10.0.0.2:5000 > 198.51.100.2:53')).toContain('192.0.2.1:5000 >');
  });

  test('a source that has a mapping keeps it towards others', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [7000, 7100]));
    const first = bed.send(OUT);
    const port = /192\.0\.2\.1:(\d+) /.exec(first)?.[1];
    for (let i = 2; i < 30; i++)
      expect(bed.send(`udp 10.0.0.1:5000 > 198.51.100.${i}:53`)).toContain(`192.0.2.1:${port} >`);
  });

  test.each([
    ['random', NF_NAT_RANGE_PROTO_RANDOM],
    ['fully-random', NF_NAT_RANGE_PROTO_RANDOM_FULLY],
  ])('%s never keeps the port on purpose', (_, flag) => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', undefined, flag));
    const ports = new Set<string>();
    for (let i = 1; i <= 30; i++)
      ports.add(/:(\d+) >/.exec(bed.send(`udp 10.0.0.${i}:5000 > 198.51.100.${i}:53`))![1]!);
    expect(ports.size).toBeGreaterThan(25);
  });

  test('with an offset, ports move as a block', () => {
    const bed = new NatBed();
    const to = range('10.9.0.1', [8000, 8999], NF_NAT_RANGE_PROTO_OFFSET);
    to.basePort = 5000;
    bed.dnat(to);
    expect(bed.send('udp 10.0.0.1:1 > 198.51.100.1:5123')).toContain('> 10.9.0.1:8123');
  });

  test('a range whose ports are all taken gives a tuple that is dropped at the end', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6001]));
    const syn = (host: number): string =>
      bed.send(`tcp 10.0.0.${host}:5000 > 198.51.100.1:80 syn seq 1`);
    expect([syn(1), syn(2)].map((text) => text.startsWith('NEW 192.0.2.1:600'))).toEqual([
      true,
      true,
    ]);
    expect(syn(3)).toBe('drop');
  });

  test('near the end of the search, a TCP connection in TIME_WAIT makes room for a newer SYN', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6003]));
    const talk = (host: number, what: string): string =>
      bed.send(`tcp 10.0.0.${host}:5000 > 198.51.100.1:80 ${what}`);
    for (let host = 1; host <= 4; host++) {
      const port = /192\.0\.2\.1:(\d+) /.exec(talk(host, 'syn seq 100'))![1];
      const answer = (what: string): string =>
        bed.send(`tcp 198.51.100.1:80 > 192.0.2.1:${port} ${what}`);
      answer('syn,ack seq 500 ack 101');
      talk(host, 'ack seq 101 ack 501');
      talk(host, 'fin,ack seq 101 ack 501');
      answer('fin,ack seq 501 ack 102');
      talk(host, 'ack seq 102 ack 502');
    }
    expect(talk(5, 'syn seq 50')).toBe('drop');
    expect(talk(6, 'syn seq 9000')).toMatch(/^NEW 192\.0\.2\.1:600[0-3] >/);
  });
});

describe('destination NAT', () => {
  test('changes address and port, and the answers back', () => {
    const bed = new NatBed();
    bed.dnat(range('10.9.0.1', [8080, 8080]));
    expect(bed.send('tcp 10.0.0.1:5000 > 192.0.2.1:80 syn seq 1')).toBe(
      'NEW 10.0.0.1:5000 > 10.9.0.1:8080',
    );
    expect(bed.send('tcp 10.9.0.1:8080 > 10.0.0.1:5000 syn,ack seq 9 ack 2')).toBe(
      'ESTABLISHED 192.0.2.1:80 > 10.0.0.1:5000',
    );
  });

  test('and source NAT of one flow go together, over IPv6 too', () => {
    const bed = new NatBed();
    bed.dnat(range('2001:db8:9::1', [8080, 8080]));
    bed.snat(range('2001:db8:f::1'));
    expect(bed.send('tcp [2001:db8::1]:5000 > [2001:db8:5::5]:80 syn seq 1')).toBe(
      'NEW 2001:db8:f::1:5000 > 2001:db8:9::1:8080',
    );
    expect(bed.send('tcp [2001:db8:9::1]:8080 > [2001:db8:f::1]:5000 syn,ack seq 9 ack 2')).toBe(
      'ESTABLISHED 2001:db8:5::5:80 > 2001:db8::1:5000',
    );
  });

  test('of local packets has them routed again, and drops them where there is no route', () => {
    const bed = new NatBed();
    bed.dnat(range('10.9.0.1'), 'output');
    expect(bed.send(OUT, 'output', 'postrouting')).toBe('NEW 10.0.0.1:5000 > 10.9.0.1:53');
    expect(bed.network.rerouted).toBe(1);
    bed.network.routes = false;
    expect(bed.send('udp 10.0.0.3:5000 > 198.51.100.1:53', 'output', 'postrouting')).toBe('drop');
  });

  test('of received packets forgets the route they had', () => {
    const bed = new NatBed();
    bed.dnat(range('10.9.0.1'));
    bed.load(OUT);
    bed.packet.dst = {};
    bed.run('prerouting');
    expect(bed.packet.dst).toBeNull();
  });
});

describe('checksums', () => {
  test('a UDP checksum of 0 stays 0', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6000]));
    bed.load(`${OUT} nosum data "x"`);
    bed.run('prerouting', 'postrouting');
    const { buf, transport } = bed.packet;
    expect([buf[transport + 6], buf[transport + 7]]).toEqual([0, 0]);
  });

  test('a UDP checksum that comes out as 0 is written as 0xffff', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6000]));
    // The data is chosen so that the translated datagram sums to 0.
    for (let word = 0; word < 0x10000; word++) {
      bed.ct.connections.flush();
      bed.load(`${OUT} hex ${word.toString(16).padStart(4, '0')}`);
      bed.run('prerouting', 'postrouting');
      const { buf, transport } = bed.packet;
      const check = (buf[transport + 6]! << 8) | buf[transport + 7]!;
      expect(check).not.toBe(0);
      if (check === 0xffff) return;
      // Every further word changes the checksum by one: go straight to the right one.
      if (word === 0) word = (check === 0 ? 0 : check) - 1;
    }
    throw new Error('no data gave 0');
  });

  test.each([
    'icmp 10.0.0.1 > 198.51.100.1 echo-request id 7 len 5',
    'sctp 10.0.0.1:1 > 198.51.100.1:2 init tag 5',
    'tcp 10.0.0.1:5000 > 198.51.100.1:80 syn mss 1460 data "odd"',
  ])('are right after %s was translated', (text) => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [77, 77]));
    const out = bed.send(text);
    expect(out).toContain('NEW 192.0.2.1:77');
    if (!text.startsWith('sctp')) expect(out).not.toContain('bad checksum');
  });
});

describe('masquerade', () => {
  const masquerade = (bed: NatBed): void => {
    const none = new NatRange();
    bed.nat.registerChain('inet', 'postrouting', {
      name: 'masquerade',
      priority: 100,
      run: (packet, point) => bed.nat.masquerade(packet, none, point),
    });
  };

  test('takes the address of the interface the packet leaves by', () => {
    const bed = new NatBed();
    masquerade(bed);
    expect(bed.send(OUT)).toBe('NEW 192.0.2.1:5000 > 198.51.100.1:53');
    expect(bed.ct.masqIndex(bed.packet.ct)).toBe(3);
  });

  test('drops packets where the interface has none', () => {
    const bed = new NatBed();
    masquerade(bed);
    bed.network.addresses.clear();
    expect(bed.send(OUT)).toBe('drop');
  });

  test('leaves a packet without source address alone', () => {
    const bed = new NatBed();
    masquerade(bed);
    expect(bed.send('udp 0.0.0.0:68 > 255.255.255.255:67')).toBe(
      'NEW 0.0.0.0:68 > 255.255.255.255:67',
    );
  });

  test('ends a connection whose packets leave by another interface', () => {
    const bed = new NatBed();
    masquerade(bed);
    bed.send(OUT);
    bed.load(OUT);
    bed.packet.oif = bed.lan;
    expect(bed.run('prerouting', 'postrouting')).toBe(DROP);
    expect(bed.ct.size).toBe(0);
  });
});

describe('redirect', () => {
  const redirect = (bed: NatBed, hook: 'prerouting' | 'output'): void => {
    const to = range('', [3128, 3128]);
    bed.nat.registerChain('inet', hook, {
      name: 'redirect',
      priority: -100,
      run: (packet, point) => bed.nat.redirect(packet, to, point),
    });
  };

  test('sends received packets to the address of their interface', () => {
    const bed = new NatBed();
    redirect(bed, 'prerouting');
    expect(bed.send('tcp 10.0.0.1:5000 > 198.51.100.1:80 syn', 'prerouting', 'input')).toBe(
      'NEW 10.0.0.1:5000 > 10.0.0.254:3128',
    );
    bed.network.addresses.clear();
    expect(bed.send('tcp 10.0.0.2:5000 > 198.51.100.1:80 syn', 'prerouting', 'input')).toBe('drop');
  });

  test.each([
    ['tcp 10.0.0.1:5000 > 198.51.100.1:80 syn', '127.0.0.1'],
    ['tcp [2001:db8::1]:5000 > [2001:db8::2]:80 syn', '::1'],
  ])('sends local packets to loopback: %s', (text, loopback) => {
    const bed = new NatBed();
    redirect(bed, 'output');
    expect(bed.send(text, 'output', 'postrouting')).toContain(`> ${loopback}:3128`);
  });
});

test('netmap keeps the host part', () => {
  const bed = new NatBed();
  const to = range('192.168.7.0-192.168.7.255');
  bed.nat.registerChain('ip', 'prerouting', {
    name: 'netmap',
    priority: -100,
    run: (packet, point) => bed.nat.netmap(packet, to, point, 1),
  });
  expect(bed.send('udp 10.0.0.1:5 > 10.9.9.77:6')).toBe('NEW 10.0.0.1:5 > 192.168.7.77:6');
});

describe('the dispatcher', () => {
  test('is there while a chain is, in each family that has one', () => {
    const bed = new NatBed();
    const hooks = (): number =>
      bed.netns.hooks.points().flatMap((p) => p.entries.filter((e) => e.name.startsWith('nat')))
        .length;
    expect(hooks()).toBe(0);
    const undo = bed.snat(range('192.0.2.1'));
    const more = bed.dnat(range('10.9.0.1'));
    expect(hooks()).toBe(8);
    undo();
    undo();
    expect(hooks()).toBe(8);
    more();
    expect(hooks()).toBe(0);
  });

  test('runs chains by priority until one binds the flow', () => {
    const bed = new NatBed();
    const ran: string[] = [];
    const chain = (name: string, priority: number, bind: boolean): void => {
      bed.nat.registerChain('ip', 'postrouting', {
        name,
        priority,
        run: (packet) => {
          ran.push(name);
          return bind ? bed.nat.setupInfo(packet, range('192.0.2.1'), 0) : ACCEPT;
        },
      });
    };
    chain('third', 5, true);
    chain('first', -5, false);
    chain('second', 0, true);
    bed.send(OUT);
    expect(ran).toEqual(['first', 'second']);
  });

  test('a chain may drop, and then nothing is bound', () => {
    const bed = new NatBed();
    bed.nat.registerChain('ip', 'prerouting', { name: 'no', priority: 0, run: () => DROP });
    expect(bed.send(OUT)).toBe('drop');
  });

  test('flows that were not bound when NAT came are left alone', () => {
    const bed = new NatBed();
    bed.send(OUT);
    bed.send('udp 198.51.100.1:53 > 10.0.0.1:5000');
    bed.snat(range('192.0.2.1'));
    expect(bed.send(OUT)).toBe('ESTABLISHED 10.0.0.1:5000 > 198.51.100.1:53');
  });

  test('without any rule that matches, a port still gives way to a translated flow', () => {
    const bed = new NatBed();
    let on = true;
    bed.nat.registerChain('ip', 'postrouting', {
      name: 'sometimes',
      priority: 0,
      run: (packet) => (on ? bed.nat.setupInfo(packet, range('192.0.2.1'), 0) : ACCEPT),
    });
    bed.send(OUT);
    on = false;
    const own = bed.send('udp 192.0.2.1:5000 > 198.51.100.1:53');
    expect(own).toMatch(/^NEW 192\.0\.2\.1:\d+ > 198\.51\.100\.1:53$/);
    expect(own).not.toContain('192.0.2.1:5000 ');
  });

  test('untracked and invalid packets are not translated', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    bed.load(OUT);
    bed.ct.untrack(bed.packet);
    bed.run('prerouting', 'postrouting');
    expect(bed.text).toBe('10.0.0.1:5000 > 198.51.100.1:53');
    expect(bed.send('tcp 10.0.0.1:1 > 198.51.100.1:2 no-flags')).toBe(
      'INVALID 10.0.0.1:1 > 198.51.100.1:2',
    );
  });

  test('sources are forgotten with their flows', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [7000, 7100]));
    for (let i = 0; i < 50; i++) {
      expect(bed.send(OUT)).toContain('NEW 192.0.2.1:7');
      bed.ct.connections.flush();
    }
    expect(bed.ct.size).toBe(0);
  });

  test.each([
    {
      there: 'icmp 10.0.0.1 > 198.51.100.1 echo-request id 7 seq 1',
      back: 'icmp 198.51.100.1 > 192.0.2.1 echo-reply id 7 seq 1',
      told: '192.0.2.1:7 > 10.0.0.1:7',
    },
    {
      there: 'udp 10.0.0.1:5000 > 198.51.100.1:53',
      back: 'udp 198.51.100.1:53 > 192.0.2.1:5000',
      told: '192.0.2.1:5000 > 10.0.0.1:5000',
    },
    {
      there: 'ip 10.0.0.1 > 198.51.100.1 proto 253',
      back: 'ip 198.51.100.1 > 192.0.2.1 proto 253',
      told: '192.0.2.1 > 10.0.0.1',
    },
  ])('a trace tells the ends of what comes back: $back', ({ there, back, told }) => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    bed.send(there);
    const seen: string[] = [];
    bed.netns.tracer = {
      enterHook: () => {},
      leaveHook: () => {},
      emit: (_packet, event) => {
        if (event.kind === 'nat') seen.push(`${event.from} > ${event.to}`);
      },
    };
    bed.send(back);
    expect(seen).toEqual([told]);
  });
});

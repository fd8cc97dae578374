import { describe, expect, test } from 'vitest';
import { ACCEPT, DROP, IP_CT_NEW, Packet } from '../core/index.ts';
import { Bed } from './bed.ts';
import {
  IPCT_ASSURED,
  IPCT_MARK,
  IPCT_NEW,
  IPCT_PROTOINFO,
  IPCT_REPLY,
  IPS_CONFIRMED,
  NF_CT_ZONE_DIR_ORIG,
} from './constants.ts';
import type { ConntrackEvent } from './events.ts';

const flow = (n: number): string => `udp 10.0.${n >> 8}.${n & 255}:1000 > 10.9.0.1:53`;
const back = (n: number): string => `udp 10.9.0.1:53 > 10.0.${n >> 8}.${n & 255}:1000`;

describe('an entry', () => {
  test('exists once its first packet leaves, and its time counts from there', () => {
    const bed = new Bed();
    bed.load(flow(1));
    expect(bed.run('prerouting')).toBe(ACCEPT);
    expect(bed.list()).toEqual([]);
    bed.advance(20);
    bed.run('postrouting');
    expect(bed.ct.secondsLeft(bed.packet.ct)).toBe(30);
  });

  test('ends exactly when its time is over', () => {
    const bed = new Bed();
    bed.send(flow(1));
    bed.clock.advance(30e9 - 1);
    expect(bed.ct.size).toBe(1);
    bed.clock.advance(1);
    expect(bed.ct.size).toBe(0);
  });

  test('whose time is over is not found, swept or not', () => {
    const bed = new Bed();
    bed.send(flow(1));
    // Shortened behind the sweeper's back, as an update from outside could do between two passes.
    bed.ct.store.table.setDeadline(bed.packet.ct, bed.clock.now());
    expect(bed.send(back(1))).toBe('NEW');
  });

  test('is gone, and its slot reusable, when its first packet was dropped', () => {
    const bed = new Bed();
    const undo = bed.netns.hooks.register('ip', 'forward', {
      kind: 'chain',
      name: 'drop all',
      priority: 0,
      run: () => DROP,
    });
    for (let i = 0; i < 1000; i++) expect(bed.send(flow(i))).toBe('drop');
    undo();
    expect(bed.send(flow(1))).toBe('NEW');
    expect(bed.ct.size).toBe(1);
    expect(bed.ct.store.table.high).toBeLessThan(200);
  });

  test('of a packet that waits in a queue stays with it', () => {
    const bed = new Bed();
    bed.load(flow(1));
    bed.run('prerouting');
    const waiting = bed.packet;
    bed.packet = new Packet();
    for (let i = 2; i < 200; i++) bed.send(flow(i));
    bed.packet = waiting;
    expect(bed.run('postrouting')).toBe(ACCEPT);
    expect(bed.list().filter((line) => line.includes('src=10.0.0.1 '))).toHaveLength(1);
  });

  test('is not looked up twice for one packet', () => {
    const bed = new Bed();
    bed.load(flow(1));
    bed.run('prerouting');
    const { ct } = bed.packet;
    bed.run('prerouting');
    expect(bed.packet.ct).toBe(ct);
  });
});

test('notrack leaves packets alone, and only before conntrack has seen them', () => {
  const bed = new Bed();
  bed.load(flow(1));
  bed.ct.untrack(bed.packet);
  bed.run('prerouting', 'postrouting');
  expect([bed.packet.ct, bed.ct.size]).toEqual([0, 0]);
  bed.load(flow(1));
  bed.run('prerouting');
  bed.ct.untrack(bed.packet);
  expect([bed.packet.ct, bed.packet.ctinfo]).toEqual([expect.any(Number), IP_CT_NEW]);
  // `ct zone set 5 notrack`: the template is there first, and the kernel tracks the packet.
  bed.load(flow(2));
  bed.packet.ct = bed.ct.template(5);
  bed.ct.untrack(bed.packet);
  bed.run('prerouting', 'postrouting');
  expect(bed.line).toContain('zone=5');
});

describe('a full table', () => {
  const fill = (bed: Bed, count: number, answered: boolean): void => {
    bed.sysctl('max', count);
    for (let i = 0; i < count; i++) {
      bed.send(flow(i));
      if (!answered) continue;
      bed.send(back(i));
      bed.advance(0.01);
    }
  };

  test('drops new connections when all are assured', () => {
    const bed = new Bed();
    bed.sysctl('udp_timeout', 1000);
    fill(bed, 50, true);
    bed.advance(3);
    for (let i = 0; i < 50; i++) bed.send(flow(i));
    expect(bed.send(flow(999))).toBe('drop');
    expect(bed.send(flow(1))).toBe('ESTABLISHED');
    expect(bed.ct.store.stats.drop).toBe(1);
    bed.sysctl('max', 51);
    expect(bed.send(flow(999))).toBe('NEW');
  });

  test('makes room by dropping an unassured one nearby', () => {
    const bed = new Bed();
    bed.sysctl('buckets', 4000);
    fill(bed, 4000, false);
    let most = 0;
    for (let i = 4000; i < 4100; i++) {
      const before = bed.ct.size;
      // Eight neighbouring buckets are looked through; at this load hardly ever are all of them empty.
      expect(bed.send(flow(i))).toBe('NEW');
      most = Math.max(most, before + 1 - bed.ct.size);
    }
    expect(bed.ct.store.stats.earlyDrop).toBe(4100 - bed.ct.size);
    // All that share a bucket go.
    expect(most).toBeGreaterThan(1);
  });

  test('looks for room in eight of its buckets only', () => {
    const bed = new Bed();
    fill(bed, 50, false);
    expect(bed.send(flow(999))).toBe('drop');
    expect(bed.ct.store.stats).toMatchObject({ drop: 1, earlyDrop: 0 });
    bed.sysctl('buckets', 8);
    expect(bed.send(flow(999))).toBe('NEW');
    expect(bed.ct.store.stats.earlyDrop).toBeGreaterThan(0);
  });

  test('is swept soon of connections that are closing', () => {
    const bed = new Bed();
    bed.sysctl('max', 100);
    for (let i = 1; i <= 100; i++) {
      const [client, server] = [`10.0.0.${i}:5000`, '10.9.0.1:80'];
      bed.send(`tcp ${client} > ${server} syn seq 1`);
      bed.send(`tcp ${server} > ${client} syn,ack seq 9 ack 2`);
      bed.send(`tcp ${client} > ${server} ack seq 2 ack 10`);
      if (i > 50) bed.send(`tcp ${client} > ${server} fin,ack seq 2 ack 10`);
    }
    expect(bed.send(flow(999))).toBe('drop');
    bed.advance(1);
    // Below 95% of the limit, as the kernel's gc does it.
    expect(bed.ct.size).toBe(94);
    expect(bed.send(flow(999))).toBe('NEW');
  });

  test('counts packets that are on their way', () => {
    const bed = new Bed();
    bed.sysctl('max', 1);
    bed.load(flow(1));
    bed.run('prerouting');
    bed.packet = new Packet();
    expect(bed.send(flow(2))).toBe('drop');
  });
});

test('packets and bytes are counted while nf_conntrack_acct is on', () => {
  const bed = new Bed();
  bed.send(flow(1));
  bed.sysctl('acct', 1);
  bed.send(flow(2));
  bed.send(`${back(2)} len 100`);
  expect(bed.list()).toEqual([
    'udp      17 30 src=10.0.0.1 dst=10.9.0.1 sport=1000 dport=53 [UNREPLIED] src=10.9.0.1 dst=10.0.0.1 sport=53 dport=1000 mark=0 use=1',
    'udp      17 30 src=10.0.0.2 dst=10.9.0.1 sport=1000 dport=53 packets=1 bytes=28 src=10.9.0.1 dst=10.0.0.2 sport=53 dport=1000 packets=1 bytes=128 mark=0 use=1',
  ]);
});

test('start and end are noted while nf_conntrack_timestamp is on', () => {
  const bed = new Bed();
  bed.sysctl('timestamp', 1);
  const ended: ConntrackEvent[] = [];
  bed.ct.connections.events((event) => ended.push(event));
  bed.advance(5);
  bed.send(flow(1));
  bed.advance(3);
  expect(bed.line).toContain(' delta-time=3 use=1');
  bed.advance(60);
  expect(ended.at(-1)).toMatchObject({ type: 'destroy', entry: { start: 5, stop: 35, age: 30 } });
});

test('one flow may be in two zones, and answers are looked for in the zone of their packet', () => {
  const bed = new Bed();
  const inZone = (text: string, zone: number, dir = 3): string => {
    bed.load(text);
    bed.packet.ct = bed.ct.template(zone, dir);
    bed.packet.ctinfo = IP_CT_NEW;
    bed.run('prerouting');
    const state = bed.packet.ct === 0 ? 'INVALID' : `${bed.packet.ctinfo}`;
    bed.run('postrouting');
    return state;
  };
  expect([inZone(flow(1), 1), inZone(flow(1), 2), bed.send(flow(1))]).toEqual(['2', '2', 'NEW']);
  expect(bed.ct.size).toBe(3);
  expect(inZone(back(1), 1)).toBe('3');
  expect(bed.list().filter((line) => !line.includes('UNREPLIED'))).toEqual([
    expect.stringContaining(' zone=1 '),
  ]);
  // Only the original direction is in the zone: the answer comes without.
  expect(inZone(flow(2), 9, NF_CT_ZONE_DIR_ORIG)).toBe('2');
  expect(bed.send(back(2))).toBe('ESTABLISHED');
  expect(bed.list().find((line) => line.includes('src=10.0.0.2 '))).toContain(
    'dport=53 zone-orig=9',
  );
});

describe('events', () => {
  const follow = (bed: Bed): string[] => {
    const seen: string[] = [];
    bed.ct.connections.events((event) => {
      if ('entry' in event) seen.push(`${event.type} ${event.flags}`);
    });
    return seen;
  };

  test('come once per packet, when it leaves, and destroy at once', () => {
    const bed = new Bed();
    const seen = follow(bed);
    const client = 'tcp 10.0.0.1:1 > 10.0.0.2:2';
    const server = 'tcp 10.0.0.2:2 > 10.0.0.1:1';
    bed.load(`${client} syn seq 1`);
    bed.run('prerouting');
    bed.ct.setMark(bed.packet.ct, 5);
    expect(seen).toEqual([]);
    bed.run('postrouting');
    bed.send(`${server} syn,ack seq 9 ack 2`);
    bed.send(`${client} ack seq 2 ack 10`);
    bed.send(`${client} ack seq 2 ack 10`);
    bed.ct.connections.flush();
    expect(seen).toEqual([
      `new ${(1 << IPCT_NEW) | (1 << IPCT_MARK) | (1 << IPCT_PROTOINFO)}`,
      `update ${(1 << IPCT_REPLY) | (1 << IPCT_PROTOINFO)}`,
      `update ${(1 << IPCT_ASSURED) | (1 << IPCT_PROTOINFO)}`,
      'destroy 4',
    ]);
  });

  test('are none while nf_conntrack_events is off, or for packets that were dropped', () => {
    const bed = new Bed();
    const seen = follow(bed);
    bed.load(flow(1));
    bed.run('prerouting');
    bed.packet.reset();
    bed.sysctl('events', 0);
    bed.send(flow(2));
    expect(seen).toEqual([]);
  });

  test('end with the subscription', () => {
    const bed = new Bed();
    let count = 0;
    const subscription = bed.ct.connections.events(() => count++);
    bed.send(flow(1));
    subscription.close();
    subscription.close();
    bed.send(flow(2));
    expect(count).toBe(1);
  });
});

test('marks and labels belong to the connection, not to a packet', () => {
  const bed = new Bed();
  bed.send(flow(1));
  bed.ct.setMark(bed.packet.ct, 0xdeadbeef);
  bed.ct.setLabel(bed.packet.ct, 100);
  bed.send(back(1));
  expect(bed.ct.mark(bed.packet.ct)).toBe(0xdeadbeef);
  expect([...bed.ct.labels(bed.packet.ct)!].findIndex((byte) => byte !== 0)).toBe(12);
  bed.ct.replaceLabels(bed.packet.ct, new Uint8Array(16).fill(255), new Uint8Array(16).fill(1));
  expect(bed.ct.labels(bed.packet.ct)![12]).toBe(0x11);
  bed.send(flow(2));
  expect([bed.ct.mark(bed.packet.ct), bed.ct.labels(bed.packet.ct)]).toEqual([0, null]);
});

test('side parts do not outlive their entry', () => {
  const bed = new Bed();
  for (let i = 0; i < 200; i++) {
    bed.send(flow(i));
    expect(bed.ct.helper(bed.packet.ct)).toBe('');
    bed.ct.setHelper(bed.packet.ct, 'ftp');
    bed.ct.setLabel(bed.packet.ct, 1);
    bed.ct.kill(bed.packet.ct);
  }
});

describe('two packets of one flow at once', () => {
  /** Both pass prerouting before either leaves. */
  const race = (bed: Bed, first: string, second: string): [Packet, Packet] => {
    const a = bed.load(first);
    bed.run('prerouting');
    bed.packet = new Packet();
    const b = bed.load(second);
    bed.run('prerouting');
    expect(a.ct).not.toBe(b.ct);
    return [a, b];
  };

  test('UDP: the second joins the entry of the first', () => {
    const bed = new Bed();
    const [a, b] = race(bed, flow(1), flow(1));
    bed.packet = a;
    bed.run('postrouting');
    bed.packet = b;
    expect(bed.run('postrouting')).toBe(ACCEPT);
    expect(b.ct).toBe(a.ct);
    expect([bed.ct.size, bed.ct.store.stats.clashResolve]).toEqual([1, 1]);
  });

  test('UDP: packets of both directions are one flow', () => {
    const bed = new Bed();
    const [a, b] = race(bed, flow(1), back(1));
    bed.packet = a;
    bed.run('postrouting');
    bed.packet = b;
    expect(bed.run('postrouting')).toBe(ACCEPT);
    expect(b.ct).toBe(a.ct);
  });

  test('TCP: the second is dropped', () => {
    const bed = new Bed();
    const syn = 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn';
    const [a, b] = race(bed, syn, syn);
    bed.packet = a;
    bed.run('postrouting');
    bed.packet = b;
    expect(bed.run('postrouting')).toBe(DROP);
  });

  test('UDP: where only the original tuple clashes, the loser hears its answer for a second', () => {
    const bed = new Bed();
    const [a, b] = race(bed, flow(1), flow(1));
    const reply = new Int32Array(10);
    bed.ct.readTuple(b.ct, 1, reply);
    reply[8] = reply[8]! ^ 1;
    bed.ct.alterReply(b.ct, reply);
    bed.packet = a;
    bed.run('postrouting');
    bed.packet = b;
    expect(bed.run('postrouting')).toBe(ACCEPT);
    expect(b.ct).not.toBe(a.ct);
    expect(bed.list()).toHaveLength(1);
    expect(bed.send('udp 10.9.0.1:53 > 10.0.0.1:1001')).toBe('ESTABLISHED');
    bed.advance(1);
    expect(bed.ct.size).toBe(1);
  });
});

test('sweeping a large table goes in slices, and ends everything at its time', () => {
  const bed = new Bed();
  for (let i = 0; i < 5000; i++) bed.send(flow(i));
  let timers = 0;
  bed.advance(29);
  expect(bed.ct.size).toBe(5000);
  while (bed.ct.size > 0) {
    const at = bed.clock.next();
    if (at === undefined) throw new Error('nothing will end the rest');
    bed.clock.advanceTo(at);
    timers++;
    expect(timers).toBeLessThan(100);
  }
  expect(bed.clock.now()).toBe(30e9);
  expect(bed.clock.next()).toBeUndefined();
});

test('after disable() packets pass unseen', () => {
  const bed = new Bed();
  bed.ct.enable('ip');
  bed.ct.disable('ip');
  bed.load(flow(1));
  bed.run('prerouting', 'postrouting');
  expect([bed.packet.ct, bed.ct.size]).toEqual([0, 0]);
  bed.ct.enable('ip');
  expect(bed.send(flow(1))).toBe('NEW');
  expect(bed.ct.status(bed.packet.ct) & IPS_CONFIRMED).toBe(IPS_CONFIRMED);
});

test('invalid packets are logged where nf_conntrack_log_invalid says so', () => {
  const bed = new Bed();
  const lines: string[] = [];
  bed.netns.log = { log: (_, { prefix }, hook) => lines.push(`${hook} ${prefix}`) };
  const bad = 'tcp 10.0.0.1:1 > 10.0.0.2:2 no-flags';
  bed.send(bad);
  bed.sysctl('log_invalid', 17);
  bed.send(bad);
  bed.sysctl('log_invalid', 255);
  bed.send(bad);
  expect(lines).toEqual(['prerouting nf_ct_proto_6: TCP flags that cannot be ']);
});

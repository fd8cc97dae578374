import { describe, expect, test } from 'vitest';
import { hex, unhex } from '../bytes/index.ts';
import type { HookEntry, HookPoint, Packet } from '../core/index.ts';
import { ACCEPT, queueVerdict } from '../core/index.ts';
import type { Bed } from './bed.ts';
import { echo, ether, makeBed, packet, ROUTER, tcp, withoutChance } from './bed.ts';

/** Names of the points an IPv4 packet walks through, with its devices: `forward lan>wan`. */
function watch(bed: Bed): string[] {
  const seen: string[] = [];
  const run = (one: Packet, point: HookPoint): typeof ACCEPT => {
    seen.push(`${point.hook} ${one.iif?.name ?? ''}>${one.oif?.name ?? ''}`);
    return ACCEPT;
  };
  for (const hook of ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const)
    bed.stack.netns.hooks.register('inet', hook, { priority: 0, name: 'watch', kind: 'user', run });
  return seen;
}

const out4 = { from: '10.0.0.2', to: '192.0.2.2' };

describe('the way through the hooks', () => {
  test('forwarded', () => {
    const bed = makeBed();
    const seen = watch(bed);
    bed.receive('lan', packet(out4));
    expect(seen).toEqual(['prerouting lan>', 'forward lan>wan', 'postrouting lan>wan']);
  });

  test('in, and the answer out', () => {
    const bed = makeBed();
    const seen = watch(bed);
    bed.receive('lan', packet({ from: '10.0.0.2', to: '10.0.0.1' }));
    expect(seen).toEqual(['prerouting lan>', 'input lan>', 'output >lan', 'postrouting >lan']);
  });

  test('from this host to itself, round through lo', () => {
    const bed = makeBed();
    const seen = watch(bed);
    const spec = { from: '10.0.0.1', to: '192.0.2.1' };
    bed.stack.send(packet({ ...spec, protocol: 1, payload: echo(spec, new Uint8Array(2)) }));
    const once = ['output >lo', 'postrouting >lo', 'prerouting lo>', 'input lo>'];
    expect(seen).toEqual([...once, ...once]);
    expect(bed.take()).toEqual([]);
  });

  test('a hook that changes the mark and asks for another route gets it', () => {
    const bed = makeBed({
      routes: [...ROUTER.routes!, { to: 'default', via: '10.0.0.2', table: 100 }],
      rules: [{ priority: 10, mark: 5, table: 100 }],
    });
    const entry: HookEntry = {
      priority: -150,
      name: 'mark',
      kind: 'user',
      run: (one) => {
        one.mark = 5;
        bed.stack.reroute(one);
        return ACCEPT;
      },
    };
    bed.stack.netns.hooks.register('ip', 'output', entry);
    bed.stack.send(packet({ from: '192.0.2.1', to: '8.8.8.8' }));
    expect(bed.take().map((line) => line.slice(0, 3))).toEqual(['lan']);
  });

  test.each(['prerouting', 'forward', 'postrouting'] as const)(
    'a packet queued in %s goes on where it was',
    (hook) => {
      const bed = makeBed();
      const kept: {
        packet: Packet;
        point: HookPoint;
        entries: readonly HookEntry[];
        next: number;
      }[] = [];
      bed.stack.netns.hooks.queues = {
        enqueue: (one, _num, point, entries, next) => {
          kept.push({ packet: one, point, entries, next });
          return true;
        },
      };
      const verdict = queueVerdict(0, false);
      bed.stack.netns.hooks.register('ip', hook, {
        priority: 0,
        name: 'queue',
        kind: 'user',
        run: () => verdict,
      });
      expect(bed.receive('lan', packet(out4))).toEqual([]);
      // Other packets meanwhile must not get the same object.
      bed.receive('wan', packet({ from: '192.0.2.2', to: '10.0.0.2' }));
      const [first] = kept;
      const { hooks } = bed.stack.netns;
      expect(hooks.resume(first!.point, first!.packet, first!.entries, first!.next)).toBe(ACCEPT);
      bed.stack.proceed(first!.packet, first!.point);
      expect(bed.take()).toEqual([
        'wan 45000021123400003f119d940a000002c000020203e80009000dec0c68656c6c6f',
      ]);
    },
  );
});

test('a listener gets what is for its port, others the answer of a closed one', () => {
  const bed = makeBed();
  const got: string[] = [];
  const stop = bed.stack.listen({
    protocol: 6,
    port: 81,
    receive: (one) => got.push(hex(one.networkBytes().subarray(20, 24))),
  });
  const me = { from: '10.0.0.2', to: '10.0.0.1' };
  const syn = packet({ ...me, protocol: 6, payload: tcp(me, 2) });
  expect(bed.receive('lan', syn)).toEqual([]);
  expect(got).toEqual(['0fa00051']);
  stop();
  expect(bed.receive('lan', syn).length).toBe(1);
});

describe('what rules reject', () => {
  const rejecting = (
    hook: 'prerouting' | 'forward' | 'input',
    how: 'reset' | number,
    family: 'ip' | 'ip6' = 'ip',
  ): Bed => {
    const bed = makeBed();
    bed.stack.netns.hooks.register(family, hook, {
      priority: 0,
      name: 'reject',
      kind: 'user',
      run: (one) => {
        if (how === 'reset') bed.stack.sendReset(one, hook);
        else bed.stack.sendUnreachable(one, how, hook);
        return { kind: 'drop' };
      },
    });
    return bed;
  };

  test('with a reset: DF, identification and type of service 0, from the address asked', () => {
    const spec = { ...out4, protocol: 6, tos: 0x10, payload: tcp(out4, 2) };
    expect(rejecting('forward', 'reset').receive('lan', packet(spec))).toEqual([
      'lan 450000280000400040066eccc00002020a00000200510fa000000000000003e95014' + '0000cff20000',
    ]);
  });

  test('with an unreachable before routing, from the address towards the sender', () => {
    const [sent] = withoutChance(
      rejecting('prerouting', 3).receive('lan', packet({ ...out4, to: '10.0.0.1' })),
    );
    expect(sent).toMatch(/^lan 45c0003d\.{4}00004001\.{4}0a0000010a0000020303/);
  });

  test('not where the checksum of the payload is wrong', () => {
    const wrong = packet(out4);
    wrong[26]! ^= 1;
    expect(rejecting('forward', 3).receive('lan', wrong)).toEqual([]);
  });

  test('nor a broadcast', () => {
    expect(rejecting('input', 3).receive('lan', packet({ ...out4, to: '10.0.0.255' }))).toEqual([]);
  });

  test('a later fragment of IPv6 is not rejected', () => {
    const part = unhex('1100000800000007 6161616161616161');
    const spec = { from: '2001:db8::2', to: '2001:db8:1::2', protocol: 44, payload: part };
    expect(rejecting('forward', 1, 'ip6').receive('lan', packet(spec))).toEqual([]);
  });
});

test('a copy to another gateway loses a hop before routing and must not be cut', () => {
  const bed = makeBed();
  bed.stack.netns.hooks.register('ip', 'prerouting', {
    priority: 0,
    name: 'tee',
    kind: 'user',
    run: (one) => {
      bed.stack.duplicate(one, unhex('c0000202'), null);
      return ACCEPT;
    },
  });
  const sent = bed.receive('lan', packet({ ...out4, to: '192.0.2.254' }));
  expect(sent.map((line) => line.slice(0, 4 + 24))).toEqual([
    'wan 45000021123440003f115c98',
    'wan 45000021123400003f119c98',
  ]);
});

test('copies to an address of this host, which each make another, end with the backlog', () => {
  const bed = makeBed();
  let copies = 0;
  bed.stack.netns.hooks.register('ip', 'prerouting', {
    priority: 0,
    name: 'tee',
    kind: 'user',
    run: (one) => {
      copies++;
      bed.stack.duplicate(one, unhex('c0000201'), null);
      bed.stack.duplicate(one, unhex('c0000201'), null);
      return ACCEPT;
    },
  });
  bed.receive('lan', packet({ ...out4, to: '192.0.2.1' }));
  expect(copies).toBe(1001);
  expect(bed.stack.drops.get('CPU_BACKLOG')).toBe(1002);
  expect(bed.stack.backlog).toEqual([]);
});

describe('VLANs', () => {
  const vlan = {
    name: 'wan.7',
    vlan: { link: 'wan', id: 7 },
    addresses: ['172.16.0.1/24'],
    mac: '02:00:00:00:01:01',
  };
  const config = {
    interfaces: [...ROUTER.interfaces, vlan],
    neighbours: [
      ...ROUTER.neighbours!,
      { device: 'wan.7', address: '172.16.0.2', mac: '02:00:00:00:02:07' },
    ],
  };

  test('a frame leaves with the tag of its device', () => {
    const bed = makeBed(config);
    const device = bed.device('lan');
    bed.stack.receive(
      device,
      ether(device.address, packet({ from: '10.0.0.2', to: '172.16.0.2' })),
    );
    expect(bed.frames()[0]).toMatch(/^wan 0200000002070200000001018100000708004500/);
  });

  test('a tagged frame comes in by the device of its tag', () => {
    const bed = makeBed(config);
    const seen = watch(bed);
    const inner = packet({ from: '172.16.0.2', to: '10.0.0.2' });
    const head = unhex('020000000101 020000000207 8100 0007 0800');
    bed.stack.receive(bed.device('wan'), new Uint8Array([...head, ...inner]));
    expect(seen[0]).toBe('prerouting wan.7>');
    expect(bed.take()[0]).toMatch(/^lan 45/);
  });

  test('a tag nobody has makes the frame somebody else’s', () => {
    const bed = makeBed(config);
    const head = unhex('020000000101 020000000207 8100 0008 0800');
    bed.stack.receive(bed.device('wan'), new Uint8Array([...head, ...packet(out4)]));
    expect([...bed.stack.drops.keys()]).toEqual(['OTHERHOST']);
  });
});

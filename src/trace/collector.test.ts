import { expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import {
  ACCEPT,
  createDevice,
  DROP,
  dissectNetwork,
  HEADROOM,
  type HookFunction,
  manualClock,
  Netns,
  Packet,
  type RuleRef,
  seeded,
} from '../core/index.ts';
import { type PacketTrace, renderTrace, TraceCollector, type TraceStep } from './index.ts';

/** 10.0.0.2:40000 > 192.0.2.10:80, a SYN. */
const SYN = unhex(
  '45000028 00004000 40060000 0a000002 c000020a 9c400050 00000001 00000000 50022000 00000000',
);

const rule = (index: number, text: string): RuleRef => ({
  family: 'inet',
  table: 'filter',
  chain: 'forward',
  index,
  source: { file: 'gw.nft', line: 10 + index, column: 3, text },
});

const miss = [
  { expr: '[ payload load 2b @ transport header + 2 => reg 1 ]', saw: '0050', ok: true },
  { expr: '[ cmp eq reg 1 0x01bb ]', saw: '0050', ok: false },
];

function world() {
  const clock = manualClock();
  const ns = new Netns({ clock, random: seeded(1) });
  const collector = new TraceCollector({
    now: () => clock.now(),
    describe: (bytes) => `packet of ${bytes.length} bytes`,
  });
  ns.tracer = collector;
  const packet = new Packet();
  packet.fill(SYN, 0);
  packet.protocol = 0x0800;
  packet.iif = createDevice({ index: 2, name: 'eth0' });
  dissectNetwork(packet);
  return { ns, collector, packet };
}

/** Registers hooks, sends one packet through prerouting and forward and gives its trace. */
function walk(hooks: { pre?: HookFunction; forward?: HookFunction }): PacketTrace {
  const { ns, collector, packet } = world();
  const { pre, forward } = hooks;
  if (pre !== undefined)
    ns.hooks.register('ip', 'prerouting', {
      priority: -100,
      name: 'ip nat pre',
      kind: 'chain',
      run: pre,
    });
  if (forward !== undefined)
    ns.hooks.register('inet', 'forward', {
      priority: 0,
      name: 'inet filter forward',
      kind: 'chain',
      run: forward,
    });
  ns.emit(packet, { kind: 'receive', device: 'eth0' });
  const first = ns.hooks.run(ns.hooks.point('ip', 'prerouting'), packet);
  if (first === ACCEPT) {
    ns.emit(packet, { kind: 'route', result: 'forward', device: 'eth1' });
    const { buf, network } = packet;
    buf[network + 8] = 63;
    if (ns.hooks.run(ns.hooks.point('ip', 'forward'), packet) === ACCEPT)
      ns.emit(packet, { kind: 'transmit', device: 'eth1', bytes: '45' });
  }
  const [trace] = collector.take();
  if (trace === undefined) throw new Error('no trace');
  return trace;
}

/** Rewrites the destination as destination NAT does. */
const dnat =
  (ns: { emit: Netns['emit'] }): HookFunction =>
  (packet) => {
    packet.buf.set([10, 9, 9, 9], HEADROOM + 16);
    packet.buf.set([0x1f, 0x90], HEADROOM + 22);
    packet.mark = 7;
    ns.emit(packet, {
      kind: 'nat',
      manip: 'dst',
      action: 'translate',
      from: '192.0.2.10:80',
      to: '10.9.9.9:8080',
    });
    return ACCEPT;
  };

test('bytes that a hook changed are named by their fields, and so is the mark', () => {
  const trace = walk({ pre: dnat({ emit: () => {} }) });
  expect(trace.steps[1]).toMatchObject({
    kind: 'hook',
    hook: 'prerouting',
    priority: -100,
    verdict: 'accept',
    changes: [
      { field: 'meta mark', before: '0x0', after: '0x7' },
      { field: 'ip daddr', offset: 16, before: '192.0.2.10', after: '10.9.9.9' },
      { field: 'tcp dport', offset: 22, before: '80', after: '8080' },
    ],
  });
});

test('what changes between hooks stands where it happened', () => {
  const trace = walk({});
  expect(trace.steps.map((s) => s.kind)).toEqual(['receive', 'route', 'changed', 'transmit']);
  expect(trace.steps[2]).toMatchObject({
    changes: [{ field: 'ip ttl', before: '64', after: '63' }],
  });
  expect(trace.outcome).toMatchObject({ fate: 'forwarded', devices: ['eth1'] });
});

test('a drop names the rule that decided, and a miss says why', () => {
  const { ns, collector, packet } = world();
  const forward: HookFunction = (p) => {
    ns.emit(p, {
      kind: 'rule',
      rule: rule(0, 'tcp dport 443 accept'),
      matched: false,
      steps: miss,
      failed: 1,
    });
    ns.emit(p, {
      kind: 'rule',
      rule: rule(1, 'counter drop'),
      matched: true,
      verdict: 'drop',
      steps: [],
    });
    return DROP;
  };
  ns.hooks.register('inet', 'forward', {
    priority: 0,
    name: 'inet filter forward',
    kind: 'chain',
    run: forward,
  });
  ns.hooks.run(ns.hooks.point('ip', 'forward'), packet);
  const [trace] = collector.take();
  expect(trace?.steps[0]).toMatchObject({
    steps: [{ because: 'tcp dport 80 ≠ 443' }, { matched: true }],
  });
  expect(trace?.outcome).toMatchObject({
    fate: 'dropped',
    decision: { by: 'rule', verdict: 'drop', rule: { index: 1 } },
    where: 'ip forward, inet filter forward',
    reason: 'NETFILTER_DROP',
  });
});

test('a packet made on the way stands inside the trace of the one that caused it', () => {
  const { ns, collector, packet } = world();
  const reset = new Packet();
  reset.fill(SYN, 0);
  const reject: HookFunction = (_p) => {
    ns.emit(reset, { kind: 'generated', what: 'tcp reset', bytes: '45' });
    ns.emit(reset, { kind: 'local-out' });
    ns.emit(reset, { kind: 'transmit', device: 'eth0', bytes: '45' });
    return DROP;
  };
  ns.hooks.register('ip', 'forward', {
    priority: 0,
    name: 'ip filter forward',
    kind: 'chain',
    run: reject,
  });
  ns.hooks.run(ns.hooks.point('ip', 'forward'), packet);
  const traces = collector.take();
  expect(traces).toHaveLength(1);
  expect(traces[0]?.steps[0]).toMatchObject({
    steps: [
      {
        kind: 'packet',
        trace: {
          steps: [{ kind: 'generated', what: 'tcp reset' }, { kind: 'local-out' }, {}],
          outcome: { fate: 'sent', devices: ['eth0'] },
        },
      },
    ],
  });
});

test('copies that make copies are traced without an end of depth', () => {
  const { ns, collector, packet } = world();
  const forward = ns.hooks.point('ip', 'forward');
  let copies = 0;
  ns.hooks.register('ip', 'forward', {
    priority: 0,
    name: 'copy',
    kind: 'chain',
    run: () => {
      if (++copies > 200) return ACCEPT;
      const copy = new Packet();
      copy.fill(SYN, 0);
      ns.hooks.run(forward, copy);
      return ACCEPT;
    },
  });
  ns.hooks.run(forward, packet);
  const [trace] = collector.take();
  const counted = (steps: readonly TraceStep[]): { packets: number; depth: number } => {
    const inner = steps
      .flatMap((step) => (step.kind === 'hook' ? step.steps : [step]))
      .flatMap((step) => (step.kind === 'packet' ? [counted(step.trace.steps)] : []));
    return {
      packets: inner.reduce((sum, one) => sum + 1 + one.packets, 0),
      depth: 1 + Math.max(0, ...inner.map((one) => one.depth)),
    };
  };
  expect(counted(trace!.steps)).toEqual({ packets: 200, depth: 33 });
});

test('a packet object that arrives again is another packet', () => {
  const { ns, collector, packet } = world();
  ns.emit(packet, { kind: 'receive', device: 'eth0' });
  ns.emit(packet, { kind: 'drop', reason: 'NO_SOCKET', where: 'udp' });
  expect(collector.take()).toHaveLength(1);
  ns.emit(packet, { kind: 'receive', device: 'eth0' });
  expect(collector.take()[0]?.steps).toHaveLength(1);
  expect(collector.take()).toEqual([]);
});

test('the JSON of a trace is the trace', () => {
  const trace = walk({ pre: dnat({ emit: () => {} }) });
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
});

function gateway(): PacketTrace {
  const { ns, collector, packet } = world();
  const forward: HookFunction = (p) => {
    for (let i = 0; i < 6; i++)
      ns.emit(p, {
        kind: 'rule',
        rule: rule(i, `tcp dport ${440 + i} accept`),
        matched: false,
        steps: miss,
        failed: 1,
      });
    ns.emit(p, {
      kind: 'rule',
      rule: rule(6, 'jump web'),
      matched: true,
      verdict: 'jump web',
      steps: [],
    });
    ns.emit(p, { kind: 'chain', family: 'inet', table: 'filter', chain: 'web', how: 'jump' });
    ns.emit(p, { kind: 'rule', rule: rule(7, 'log'), matched: true, steps: [] });
    ns.emit(p, { kind: 'log', text: 'IN=eth0' });
    ns.emit(p, { kind: 'chain', family: 'inet', table: 'filter', chain: 'forward', how: 'return' });
    ns.emit(p, {
      kind: 'policy',
      family: 'inet',
      table: 'filter',
      chain: 'forward',
      verdict: 'drop',
    });
    return DROP;
  };
  ns.hooks.register('ip', 'prerouting', {
    priority: -200,
    name: 'conntrack',
    kind: 'implicit',
    run: () => ACCEPT,
  });
  ns.hooks.register('ip', 'prerouting', {
    priority: -100,
    name: 'ip nat pre',
    kind: 'chain',
    run: dnat(ns),
  });
  ns.hooks.register('inet', 'forward', {
    priority: 0,
    name: 'inet filter forward',
    kind: 'chain',
    run: forward,
  });
  ns.emit(packet, { kind: 'receive', device: 'eth0' });
  ns.hooks.run(ns.hooks.point('ip', 'prerouting'), packet);
  ns.emit(packet, {
    kind: 'route',
    result: 'forward',
    device: 'eth1',
    route: '10.9.9.0/24 dev eth1',
  });
  ns.hooks.run(ns.hooks.point('ip', 'forward'), packet);
  const [trace] = collector.take();
  if (trace === undefined) throw new Error('no trace');
  return trace;
}

test('text: hooks on a spine, runs of misses collapsed, the verdict last', () => {
  expect(renderTrace(gateway(), { title: '#1' })).toBe(`\
#1  packet of 40 bytes
│ in eth0, at 0 s
├─ prerouting   conntrack            −200
│               ip nat pre           −100
│                nat      destination 192.0.2.10:80 → 10.9.9.9:8080
│                changed  meta mark 0x0 → 0x7, ip daddr 192.0.2.10 → 10.9.9.9, tcp dport 80 → 8080
├─ route        forward out eth1   10.9.9.0/24 dev eth1
├─ forward      inet filter forward     0  drop
│                gw.nft:10-15    … 6 rules did not match
│                gw.nft:16       ✓ jump web
│                                ↪ jump web
│                gw.nft:17         ✓ log
│                log               IN=eth0
│                                ↩ return forward
│                filter forward  policy drop
└─ ✗ dropped  filter forward  policy drop of inet filter forward  in ip forward, inet filter forward
`);
});

test('text: with all, each rule that did not match says why', () => {
  const text = renderTrace(gateway(), { all: true });
  expect(text).toContain('gw.nft:12       ✗ tcp dport 442 accept   tcp dport 80 ≠ 443');
  expect(text).not.toContain('did not match');
});

test('a chain that NAT runs inside its own hook stands inside it', () => {
  const { ns, collector, packet } = world();
  const point = ns.hooks.point('ip', 'prerouting');
  const chain = { priority: -100, name: 'ip nat pre', kind: 'chain', run: () => ACCEPT } as const;
  const dispatch: HookFunction = (p) => {
    ns.tracer?.enterHook(p, point, chain);
    ns.emit(p, {
      kind: 'rule',
      rule: rule(0, 'dnat'),
      matched: true,
      verdict: 'accept',
      steps: [],
    });
    ns.tracer?.leaveHook(p, point, chain, ACCEPT);
    return dnat(ns)(p, point);
  };
  ns.hooks.register('ip', 'prerouting', {
    priority: -100,
    name: 'nat dst',
    kind: 'implicit',
    run: dispatch,
  });
  ns.hooks.run(point, packet);
  const [trace] = collector.take();
  expect(trace?.steps).toMatchObject([
    {
      name: 'nat dst',
      steps: [
        { kind: 'hook', name: 'ip nat pre', verdict: 'accept', changes: [] },
        { kind: 'nat' },
      ],
      changes: [{ field: 'meta mark' }, { field: 'ip daddr' }, { field: 'tcp dport' }],
    },
  ]);
  const text = trace === undefined ? '' : renderTrace(trace);
  expect(text).toMatch(/nat dst +−100\n│ +ip nat pre −100\n│ +gw\.nft:10 {2}✓ dnat/);
});

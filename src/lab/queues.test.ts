// Handlers on the queues of a lab. What a queue does is asked of the kernel in test/kernel; here it is
// what becomes of packets in this process.

import { describe, expect, test } from 'vitest';
import { type Handler, type QueuedPacket, rewriteStream } from '../queue/index.ts';
import { renderTrace } from '../trace/index.ts';
import { type Lab, openLab } from './index.ts';

const NETWORK = {
  interfaces: [
    { name: 'eth0', addresses: ['10.0.0.1/24', '2001:db8::1/64'], arp: 'static' },
    { name: 'eth1', addresses: ['192.0.2.1/24', '2001:db8:1::1/64'], arp: 'static' },
  ],
  sysctl: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
} as const;

const chain = (hook: string, rules: string, priority = 0): string =>
  `chain ${hook}${priority < 0 ? '_early' : ''} { type filter hook ${hook} priority ${priority}; policy accept;\n${rules}\n}\n`;
const lab = (...chains: readonly string[]): Lab =>
  openLab({ ruleset: `table inet t {\n${chains.join('')}}`, network: NETWORK });

const UDP = 'udp 10.0.0.2:1 > 192.0.2.2:53 data "hello", in eth0';
const fate = (one: Lab, packet = UDP): string => one.send(packet)[0]!.outcome.fate;
const counted = (one: Lab, name: string): number[] =>
  one.firewall.engine
    .list()
    .tables[0]!.chains.find((c) => c.name === name)!
    .rules.flatMap((r) => r.exprs.flatMap((e) => (e.kind === 'counter' ? [e.packets] : [])));

describe('a verdict', () => {
  const rules = [
    chain('forward', 'counter queue num 3', -10),
    chain('forward', 'counter'),
  ] as const;

  test.each<[string, Handler, string, number[]]>([
    ['accept', () => 'accept', 'forwarded', [1, 1]],
    ['drop', () => 'drop', 'dropped', [1, 0]],
    ['stop', () => 'stop', 'forwarded', [1, 0]],
    ['repeat, until it is accepted', repeating(3), 'forwarded', [3, 1]],
    ['another queue, where nobody listens', () => ({ queue: 4 }), 'dropped', [1, 0]],
    ['another queue, with bypass', () => ({ queue: 4, bypass: true }), 'forwarded', [1, 1]],
  ])('%s', async (_, handler, want, counters) => {
    const one = lab(...rules);
    await one.listen(3, handler);
    expect(fate(one)).toBe(want);
    expect([...counted(one, 'forward_early'), ...counted(one, 'forward')]).toEqual(counters);
  });

  test('goes to the handler of another queue', async () => {
    const one = lab(...rules);
    await one.listen(3, () => ({ queue: 5 }));
    await one.listen(5, ({ queue }: QueuedPacket) => (queue === 5 ? 'drop' : 'accept'));
    expect(fate(one)).toBe('dropped');
  });

  test('of nobody drops, once the handler is gone', async () => {
    const one = lab(...rules);
    const runner = await one.listen(3, () => 'accept');
    await expect(one.listen(3, () => 'accept')).rejects.toThrow('queue 3 is taken');
    await runner.stop();
    expect(fate(one)).toBe('dropped');
  });
});

function repeating(times: number): Handler {
  let count = 0;
  return () => (++count < times ? 'repeat' : 'accept');
}

test('what the handler is told', async () => {
  const one = lab(chain('forward', 'ct mark set 5 meta mark set 6 queue num 7'));
  let seen: unknown;
  await one.listen(7, (p: QueuedPacket) => {
    const { queue, hook, family, indev, outdev, mark, ctMark, mac, length, connectionState } = p;
    seen = { queue, hook, family, indev, outdev, mark, ctMark, mac, length, connectionState };
  });
  one.send(UDP);
  expect(seen).toEqual({
    ...{ queue: 7, hook: 'forward', family: 'ip', indev: 'eth0', outdev: 'eth1', length: 33 },
    ...{ mark: 6, ctMark: 5, mac: '02:00:5e:00:53:01' },
    connectionState: { state: 'new', reply: false },
  });
});

test('an edited packet goes on with its marks, and the trace tells of it', async () => {
  const one = lab(
    chain('forward', 'queue num 0', -10),
    chain('forward', 'meta mark 9 udp length 1508 counter'),
    chain('postrouting', 'ct mark 8 counter'),
  );
  await one.listen(0, (packet: QueuedPacket) => {
    packet.payload = new Uint8Array(1500).fill(0x41);
    packet.mark = 9;
    packet.ctMark = 8;
  });
  const [trace] = one.send(UDP.replace('.2:53', '.3:53'));
  expect([...counted(one, 'forward'), ...counted(one, 'postrouting')]).toEqual([1, 1]);
  expect(renderTrace(trace!)).toContain('0 answered accept, with another packet');
});

test('a packet sent from here is routed again when its address or mark changes', async () => {
  const one = lab(chain('output', 'queue num 0'));
  await one.listen(0, (packet: QueuedPacket) => {
    packet.destination = '192.0.2.7';
  });
  const [trace] = one.send('udp 10.0.0.1:1 > 10.0.0.9:53, out');
  expect(trace!.outcome).toMatchObject({ fate: 'sent', devices: ['eth1'] });
});

test('a handler that takes its time: what becomes of the packet is told later', async () => {
  const one = lab(chain('forward', 'queue num 0'));
  await one.listen(
    0,
    () => new Promise((done) => one.firewall.netns.clock.after(2e9, () => done('accept'))),
    { deadline: 5000 },
  );
  expect(fate(one)).toBe('queued');
  one.advance(2);
  await new Promise(setImmediate);
  expect(one.rest().map((trace) => trace.outcome.fate)).toEqual(['sent']);
});

test('streams are rewritten, between address translation on both sides', async () => {
  // Connection tracking knows only the numbers of one side: it must not mind those of the other.
  const sysctl = { ...NETWORK.sysctl, 'net.netfilter.nf_conntrack_tcp_be_liberal': 1 };
  const one = openLab({
    network: { ...NETWORK, sysctl },
    ruleset: `table ip t {
      chain post { type nat hook postrouting priority 100; oifname eth1 masquerade; }
      chain forward { type filter hook forward priority 0; tcp sport 80 queue num 0; tcp dport 80 queue num 0; }
    }`,
  });
  await one.listen(0, rewriteStream({ toServer: [['cat', 'elephant']] }));
  const there = 'tcp 10.0.0.2:4000 > 192.0.2.2:80';
  const back = 'tcp 192.0.2.2:80 > 192.0.2.1:4000';
  const texts: string[] = [];
  for (const [text, device] of [
    [`${there} syn seq 99`, 'eth0'],
    [`${back} syn,ack seq 499 ack 100`, 'eth1'],
    [`${there} psh,ack seq 100 ack 500 data "a cat"`, 'eth0'],
    [`${back} ack seq 500 ack 110`, 'eth1'],
  ]) {
    const [trace] = one.send(`${text}, in ${device}`);
    const sent = trace!.steps.find((step) => step.kind === 'transmit');
    texts.push(sent?.kind === 'transmit' ? (sent.text ?? '') : trace!.outcome.fate);
  }
  expect(texts[2]).toMatch(/192\.0\.2\.1\.4000 > 192\.0\.2\.2\.80: .*seq 100:110.*length 10/);
  expect(texts[3]).toMatch(/192\.0\.2\.2\.80 > 10\.0\.0\.2\.4000: .*ack 105/);
});

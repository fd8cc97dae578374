import { describe, expect, test } from 'vitest';
import { type PacketTrace, renderTrace } from '../trace/index.ts';
import { openLab } from './lab.ts';

const lab = (helper: string, port: number) =>
  openLab({
    ruleset: `table ip t {
      ct helper h { type "${helper}" protocol udp; }
      chain o { type filter hook output priority 0; udp dport ${port} ct helper set "h" }
      chain i {
        type filter hook input priority 0; policy drop;
        ct state related accept
      }
    }`,
    network: {
      interfaces: [
        {
          name: 'eth0',
          addresses: [{ address: '10.0.0.1/24', broadcast: '10.0.0.255' }],
        },
      ],
    },
  });

test.each([
  ['netbios-ns', 137, 3],
  ['snmp', 161, 30],
])(
  '%s: whoever is in the network that was asked may answer, for a while',
  (helper, port, seconds) => {
    const it = lab(helper, port);
    it.send(`udp 10.0.0.1:4000 > 10.0.0.255:${port} data "who", out`);
    const fate = (from: string): string =>
      it.send(`udp ${from} > 10.0.0.1:4000 data "me", in eth0`)[0]!.outcome.fate;
    expect(it.firewall.conntrack.expectations.lines()).toEqual([
      expect.stringContaining(
        `src=10.0.0.255 dst=10.0.0.1 sport=${port} dport=4000 mask-src=255.255.255.0`,
      ),
    ]);
    expect([fate(`10.0.0.7:${port}`), fate(`10.0.0.8:${port}`)]).toEqual([
      'delivered',
      'delivered',
    ]);
    expect([fate('10.0.0.9:99'), fate(`10.0.1.7:${port}`)]).toEqual(['dropped', 'dropped']);
    it.advance(seconds);
    expect(fate(`10.0.0.10:${port}`)).toBe('dropped');
  },
);

test('what is no question to everybody, or is forwarded, lets nobody answer', () => {
  const it = lab('netbios-ns', 137);
  it.send('udp 10.0.0.1:4000 > 10.0.0.7:137 data "who", out');
  expect(it.firewall.conntrack.expectations.size).toBe(0);
});

test('a helper that nobody knows is refused with the ruleset', () => {
  expect(() => lab('nonsense', 1)).toThrow(/no helper 'nonsense'/);
});

describe('a trace of FTP through source NAT', () => {
  const it = openLab({
    ruleset: `table ip t {
      ct helper ftp { type "ftp" protocol tcp; }
      chain pre { type filter hook prerouting priority 0; tcp dport 21 ct helper set "ftp" }
      chain post { type nat hook postrouting priority 100; oifname "wan" snat to 192.0.2.1 }
    }`,
    network: {
      interfaces: [
        { name: 'lan', addresses: ['10.0.0.1/24'] },
        { name: 'wan', addresses: ['192.0.2.1/24'] },
      ],
      sysctl: { 'net.ipv4.ip_forward': 1 },
    },
  });
  const [there, back] = ['10.0.0.2:40000 > 192.0.2.7:21', '192.0.2.7:21 > 192.0.2.1:40000'];
  const send = (notation: string): PacketTrace => it.send(notation)[0]!;
  send(`tcp ${there} syn seq 1000, in lan`);
  send(`tcp ${back} syn,ack seq 5000 ack 1001, in wan`);
  send(`tcp ${there} ack seq 1001 ack 5001 data "NOOP\\r\\n", in lan`);
  const traces = {
    command: send(
      `tcp ${there} psh,ack seq 1007 ack 5001 data "PORT 10,0,0,2,16,225\\r\\n", in lan`,
    ),
    acknowledged: send(`tcp ${back} ack seq 5001 ack 1030, in wan`),
    data: send('tcp 192.0.2.7:20 > 192.0.2.1:4321 syn seq 1, in wan'),
    half: send(`tcp ${there} psh,ack seq 1029 ack 5001 data "PORT 10,0", in lan`),
  };
  const steps = (trace: PacketTrace): readonly Step[] =>
    JSON.parse(JSON.stringify(trace.steps)).flatMap((step: Step & { steps?: readonly Step[] }) => [
      step,
      ...(step.steps ?? []),
    ]);
  type Step = { readonly kind: string };

  test('shows what is expected, and what was rewritten', () => {
    expect(steps(traces.command)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'expectation',
          action: 'created',
          expects: 'tcp 192.0.2.7 > 192.0.2.1:4321',
          helper: 'ftp',
        }),
        expect.objectContaining({
          kind: 'helper',
          action: 'rewrote',
          from: '10,0,0,2,16,225',
          to: '192,0,2,1,16,225',
        }),
      ]),
    );
    expect(renderTrace(traces.command)).toMatch(
      /expect +created tcp 192\.0\.2\.7 > 192\.0\.2\.1:4321 by ftp[\s\S]*helper +ftp rewrote payload at 5 {3}10,0,0,2,16,225 → 192,0,2,1,16,225/,
    );
  });

  test('how sequence numbers move afterwards', () => {
    expect(steps(traces.acknowledged)).toContainEqual({ kind: 'seqadj', seq: 0, ack: -1 });
    expect(renderTrace(traces.acknowledged)).toMatch(/seqadj +seq \+0, ack -1/);
  });

  test('that the data connection was announced', () => {
    expect(renderTrace(traces.data)).toMatch(/expect +matched[\s\S]*ct +new RELATED/);
  });

  test('and why a helper dropped a packet', () => {
    expect(traces.half.outcome.fate).toBe('dropped');
    expect(renderTrace(traces.half)).toContain('ftp dropped partial command');
  });
});

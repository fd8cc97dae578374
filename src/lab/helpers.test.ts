import { expect, test } from 'vitest';
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

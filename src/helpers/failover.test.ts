// A connection goes on at another firewall, which has it from outside, with its helper and what that
// expects: what conntrackd does when a firewall fails.

import { describe, expect, test } from 'vitest';
import { IPS_HELPER, IPS_NAT_DONE_MASK, IPS_NAT_MASK } from '../conntrack/index.ts';
import { NatRange, NF_NAT_MANIP_SRC } from '../nat/index.ts';
import { BENCH, HelperBench } from './bench.ts';
import { ftpHelper } from './ftp.ts';
import { parseAddress } from './text.ts';

const { client, server, outside } = BENCH.ip;

/** A control connection through source NAT that has announced a data connection. */
function failed(): HelperBench {
  const bench = new HelperBench(ftpHelper(), { translated: true, port: 21 });
  bench.server('220 ready\r\n');
  bench.client('NOOP\r\n');
  expect(bench.client('PORT 10,0,0,2,16,225\r\n')).toBe('PORT 192,0,2,9,16,225\r\n');
  return bench;
}

/** The same firewall, fresh; it opens nothing of its own. */
const standby = (): HelperBench => {
  const bench = new HelperBench(ftpHelper(), { translated: true, port: 21 });
  bench.conntrack.connections.flush();
  return bench;
};

const sourceRange = (): NatRange => {
  const range = new NatRange();
  const words = parseAddress(outside, 2)!;
  range.min.set(words);
  range.max.set(words);
  range.flags = 1;
  return range;
};

const data = `tcp ${server}:20 > ${outside}:4321 syn seq 1`;
const port = `tcp ${client}:40000 > ${server}:21 psh,ack seq 1029 ack 5012 data "PORT 10,0,0,2,16,226\\r\\n"`;

describe('the announced data connection passes at the other firewall', () => {
  test('with everything that was known of it', () => {
    const { entry, expectations } = failed().save();
    const bench = standby();
    bench.slot = bench.conntrack.connections.create(entry);
    for (const one of expectations) bench.conntrack.expectations.create(one);
    expect(bench.send(data)).toBe('RELATED');
    expect(bench.state).toEqual(entry.helperData);
    expect(bench.send(port)).toBe('ESTABLISHED');
    expect(bench.expected).toEqual([`tcp ${server} > ${outside}:4322`]);
    // Both commands made what the client says a byte longer.
    expect(bench.conntrack.entryOf(bench.slot).seqadj?.[0].offsetAfter).toBe(2);
  });

  test('NAT set-up does not take the helper away', () => {
    const saved = failed().save();
    // As replication daemons hand it over: not translated yet, and nothing the helper kept.
    const { helperData: _, ...entry } = saved.entry;
    const untranslated = {
      ...entry,
      status: entry.status & ~(IPS_NAT_MASK | IPS_NAT_DONE_MASK | IPS_HELPER),
      reply: { src: server, dst: client, sport: 21, dport: 40000 },
    };
    const bench = standby();
    const { conntrack, nat } = bench;
    bench.slot = conntrack.connections.create(untranslated, (slot) => {
      nat.setup(slot, sourceRange(), NF_NAT_MANIP_SRC);
    });
    expect(conntrack.entryOf(bench.slot).reply.dst).toBe(outside);
    expect(conntrack.helper(bench.slot)).toBe('ftp');
    expect(conntrack.helperSide(bench.slot)?.helper).not.toBeNull();
    expect(conntrack.status(bench.slot) & IPS_HELPER).toBe(IPS_HELPER);
    for (const one of saved.expectations) conntrack.expectations.create(one);
    expect(bench.send(data)).toBe('RELATED');
    // Where lines begin nobody told: the first one is believed (NF_CT_FTP_SEQ_PICKUP).
    expect(bench.send(port)).toBe('ESTABLISHED');
    expect(bench.expected).toEqual([`tcp ${server} > ${outside}:4322`]);
  });

  test('and is known as expected by it', () => {
    const first = failed();
    first.send(data);
    const [child] = [...first.conntrack.connections.dump()].filter((e) => e.master !== undefined);
    const bench = standby();
    bench.conntrack.connections.create(first.save().entry);
    const slot = bench.conntrack.connections.create(child!);
    expect(bench.conntrack.masterSide(slot)?.helper).toBe('ftp');
  });
});

test('what the control connection is not there for is refused', () => {
  const { expectations } = failed().save();
  expect(() => standby().conntrack.expectations.create(expectations[0]!)).toThrow('is not there');
});

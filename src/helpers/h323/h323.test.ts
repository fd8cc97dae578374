// The three helpers on a bench; what the kernel makes of the same messages is asked in test/kernel.

import { describe, expect, test } from 'vitest';
import type { ExpectationEntry } from '../../conntrack/index.ts';
import { HelperBench } from '../bench.ts';
import type { AnyHelper } from '../helper.ts';
import { latin1 } from '../text.ts';
import { connect, facility, setup, tpkt } from './bed-calls.ts';
import { openAck, openRequest } from './bed-channels.ts';
import * as gk from './bed-ras.ts';
import { h245Helper, q931Helper, rasHelper } from './helpers.ts';

const CLIENT = '10.0.0.2';
const SERVER = '192.0.2.2';
const OUTSIDE = '192.0.2.9';

const RECORDED_SETUP =
  '030000a0080277f40504038090a528086d2e6a656d6563007e00850520a8060008914a0004014006006d002e006a0065' +
  '006d0065006322c00900003d1443616c6c67656e33323320706f67616373616d00000a302e39616c706861340000000a' +
  '01061206b800f8fdf93ecd9ed6119ab2000476222017005d0d8007000a01038f80231100c0fef93ecd9ed6119ab20004' +
  '76222017010001000100010002800100';
const RECORDED_CONNECT =
  '030000610802f7f40728074d2e4a454d45437e004c0522c0060008914a0003000a01061204d022c00000000003333130' +
  '69005200f8fdf93ecd9ed6119ab2000476222017170c001100c0fef93ecd9ed6119ab200047622201701000100088001' +
  '00';

const bench = (helper: AnyHelper, translated = false): HelperBench =>
  new HelperBench(helper, { translated, port: 1720 });
const ras = (options: Parameters<typeof rasHelper>[0] = {}, translated = false): HelperBench =>
  bench(rasHelper(options), translated);
/** As calls expect it, over TCP. */
const channels = (translated = false): HelperBench =>
  bench({ ...h245Helper(), protocols: [6] }, translated);

const register = (seconds?: number): Uint8Array =>
  gk.registrationRequest({
    call: [`${CLIENT}:1720`],
    ras: [`${CLIENT}:40000`],
    ...(seconds === undefined ? {} : { seconds }),
  });

describe('RAS', () => {
  test.each([
    [true, [`tcp ${SERVER} > ${CLIENT}:1720`]],
    [false, [`tcp * > ${CLIENT}:1720`]],
  ])('gkroutedOnly %s: who may call', (gkroutedOnly, expected) => {
    const it = ras({ gkroutedOnly });
    it.client(register());
    expect(it.expected).toEqual(expected);
  });

  test.each([
    [undefined, undefined, 300],
    [undefined, 77, 77],
    [55, 77, 55],
  ])('seconds said %s, by default %s: the connection lasts as long', (said, byDefault, lasts) => {
    const it = ras(byDefault === undefined ? {} : { defaultRrqTtl: byDefault });
    it.client(register(said));
    it.server(gk.registrationConfirm({ call: [`${SERVER}:1720`] }));
    expect(it.conntrack.entryOf(it.slot).timeout).toBe(lasts);
  });

  test('calls of anybody wait as long as the registration, behind NAT at the address outside', () => {
    const it = ras({ gkroutedOnly: false }, true);
    const heard = it.client(register());
    expect(heard).toBe(
      latin1(gk.registrationRequest({ call: [`${OUTSIDE}:1720`], ras: [`${OUTSIDE}:40000`] })),
    );
    it.server(gk.registrationConfirm({ call: [`${OUTSIDE}:1720`], seconds: 1000 }));
    it.advance(999);
    expect(it.expected).toEqual([`tcp * > ${OUTSIDE}:1720`]);
    expect(it.send(`tcp 203.0.113.5:4000 > ${OUTSIDE}:1720 syn`)).toBe('RELATED');
    const call = [...it.conntrack.connections.dump()].find(({ protocol }) => protocol === 6);
    expect(call).toMatchObject({ helper: 'Q.931', reply: { src: CLIENT, sport: 1720 } });
  });

  test('what was registered goes with the connection', () => {
    const it = ras();
    it.client(register(60));
    expect(it.save().entry.helperData).toMatchObject({ sigPort: [1720, 0], lifetime: 60 });
  });
});

describe('Q.931', () => {
  const forward = tpkt(facility({ reason: 1, forwardTo: '10.0.0.3:1720' }));

  /** Without a network below there is no route that would show who is on which side. */
  test.each([true, false])('callforwardFilter %s: a bench has no sides', (callforwardFilter) => {
    const it = bench(q931Helper({ callforwardFilter }));
    it.client(forward);
    expect(it.expected).toEqual([`tcp ${SERVER} > 10.0.0.3:1720`]);
  });

  test('through NAT a forwarded call goes where it was forwarded to', () => {
    const it = bench(q931Helper(), true);
    expect(it.client(forward)).toBe(
      latin1(tpkt(facility({ reason: 1, forwardTo: `${OUTSIDE}:1720` }))),
    );
    expect(it.send(`tcp ${SERVER}:4000 > ${OUTSIDE}:1720 syn`)).toBe('RELATED');
    const call = [...it.conntrack.connections.dump()].find(({ reply }) => reply.src === '10.0.0.3');
    expect(call).toMatchObject({ helper: 'Q.931' });
  });

  test('the connection it expects reads H.245, and more media come of it', () => {
    const it = bench(q931Helper());
    it.client(tpkt(setup({})));
    it.server(tpkt(connect({ control: `${SERVER}:3001` })));
    expect(it.expected).toEqual([`tcp ${CLIENT} > ${SERVER}:3001`]);
    it.send(`tcp ${CLIENT}:4000 > ${SERVER}:3001 syn seq 1`);
    const child = [...it.conntrack.connections.dump()].find(
      ({ original }) => original.dport === 3001,
    );
    expect(child?.helper).toBe('H.245');
  });

  test('a header that comes alone is remembered, also on another firewall', () => {
    const it = bench(q931Helper());
    const message = tpkt(setup({ control: `${CLIENT}:3000` }));
    it.client(message.slice(0, 4));
    expect(it.save().entry.helperData).toMatchObject({ announced: [message.length - 4, 0] });
    it.client(message.slice(4));
    expect(it.expected).toEqual([`tcp ${SERVER} > ${CLIENT}:3000`]);
  });

  // Messages of a call of 2002 between OpenH323 and a terminal of another make.
  test('a call as it was recorded', () => {
    const it = bench(q931Helper());
    const recorded = (hex: string): Uint8Array =>
      Uint8Array.from(hex.match(/../g)!, (octet) => Number.parseInt(octet, 16));
    it.client(recorded(RECORDED_SETUP));
    expect(it.expected).toEqual([]);
    const answer = recorded(RECORDED_CONNECT);
    // It waits at 10.1.6.18, which this bench's server is not.
    answer.set([192, 0, 2, 2], RECORDED_CONNECT.indexOf('0a010612') / 2);
    it.server(answer);
    expect(it.expected).toEqual([`tcp ${CLIENT} > ${SERVER}:1232`]);
  });
});

describe('H.245', () => {
  const sound = { media: `${CLIENT}:5000`, control: `${CLIENT}:5001` };

  test('a channel is two ports beside each other, whichever is named', () => {
    const it = channels();
    it.client(tpkt(openRequest({ forward: { control: `${CLIENT}:5001` } })));
    expect(it.expected.sort()).toEqual([
      `udp ${SERVER} > ${CLIENT}:5000`,
      `udp ${SERVER} > ${CLIENT}:5001`,
    ]);
  });

  test('where another has the ports, NAT takes the next pair and says so', () => {
    const it = channels(true);
    for (const port of [5000, 5002])
      it.conntrack.expectations.create({
        ...blocking(it),
        tuple: { src: SERVER, dst: OUTSIDE, sport: 0, dport: port },
      });
    const heard = it.client(tpkt(openAck({ forward: sound })));
    expect(heard).toBe(
      latin1(tpkt(openAck({ forward: { media: `${OUTSIDE}:5004`, control: `${OUTSIDE}:5005` } }))),
    );
    expect(it.state).toMatchObject({ rtpPorts: [[5000, 5004]] });
  });

  test('data are expected again and again', () => {
    const it = channels();
    it.client(tpkt(openRequest({ forward: {}, data: `${CLIENT}:1503` })));
    for (const port of [4000, 4001])
      expect(it.send(`tcp ${SERVER}:${port} > ${CLIENT}:1503 syn`)).toBe('RELATED');
  });
});

/** Of another connection, so that its port is taken. */
function blocking(it: HelperBench): Omit<ExpectationEntry, 'tuple'> {
  it.send(`udp 10.0.0.3:1 > ${SERVER}:9`);
  const other = [...it.conntrack.connections.dump()].find(({ protocol }) => protocol === 17)!;
  return {
    family: 'ip',
    protocol: 17,
    mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 },
    master: { ...other.original, protocol: 17 },
    zone: 0,
    timeout: 100,
    class: 0,
    flags: 0,
  };
}

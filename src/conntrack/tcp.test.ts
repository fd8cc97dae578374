import { describe, expect, test } from 'vitest';
import { Bed } from './bed.ts';

const CLIENT = '10.0.0.1:40000';
const SERVER = '10.0.0.2:80';

/** `> syn seq 1` from the client, `< …` from the server. */
const wire = (step: string): string =>
  step.startsWith('>')
    ? `tcp ${CLIENT} > ${SERVER} ${step.slice(2)}`
    : `tcp ${SERVER} > ${CLIENT} ${step.slice(2)}`;

/** State and flags of the only entry: `ESTABLISHED ASSURED 432000`. */
function entry(bed: Bed): string {
  const found = [...bed.ct.connections.dump()];
  if (found.length === 0) return 'none';
  const { state, status, timeout } = found[0]!;
  const flags = `${(status & 2) === 0 ? ' UNREPLIED' : ''}${(status & 4) === 0 ? '' : ' ASSURED'}`;
  return `${state}${flags} ${timeout}`;
}

interface Conversation {
  readonly name: string;
  readonly sysctl?: Readonly<Record<string, number>>;
  /** A segment, what `ct state` says of it, and the entry afterwards; a number lets seconds pass. */
  readonly steps: readonly (number | readonly [string, string, string])[];
}

const SYN: [string, string, string] = ['> syn seq 100', 'NEW', 'SYN_SENT UNREPLIED 120'];
const SYNACK: [string, string, string] = [
  '< syn,ack seq 500 ack 101',
  'ESTABLISHED',
  'SYN_RECV 60',
];
const ACK: [string, string, string] = [
  '> ack seq 101 ack 501',
  'ESTABLISHED',
  'ESTABLISHED ASSURED 432000',
];
const OPEN = [SYN, SYNACK, ACK];

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: 'opens, sends, and closes in order',
    steps: [
      ...OPEN,
      // Data that nobody acknowledged keeps an entry for five minutes only.
      ['> psh,ack seq 101 ack 501 len 10', 'ESTABLISHED', 'ESTABLISHED ASSURED 300'],
      ['< ack seq 501 ack 111', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> fin,ack seq 111 ack 501', 'ESTABLISHED', 'FIN_WAIT ASSURED 120'],
      ['< ack seq 501 ack 112', 'ESTABLISHED', 'CLOSE_WAIT ASSURED 60'],
      ['< fin,ack seq 501 ack 112', 'ESTABLISHED', 'LAST_ACK ASSURED 30'],
      ['> ack seq 112 ack 502', 'ESTABLISHED', 'TIME_WAIT ASSURED 120'],
    ],
  },
  {
    name: 'a refused connection is forgotten at once, though its reset still belongs to it',
    steps: [SYN, ['< rst,ack seq 0 ack 101', 'ESTABLISHED', 'none']],
  },
  {
    name: 'a reset of the one who began, before any answer, ends the entry',
    steps: [SYN, ['> rst seq 101', 'NEW', 'none']],
  },
  {
    name: 'SYN again does not make the entry live longer',
    steps: [SYN, 100, ['> syn seq 100', 'NEW', 'SYN_SENT UNREPLIED 20'], 20, SYN],
  },
  {
    name: 'TIME_WAIT is reopened by a SYN',
    steps: [
      ...OPEN,
      ['> fin,ack seq 101 ack 501', 'ESTABLISHED', 'FIN_WAIT ASSURED 120'],
      ['< fin,ack seq 501 ack 102', 'ESTABLISHED', 'LAST_ACK ASSURED 30'],
      ['> ack seq 102 ack 502', 'ESTABLISHED', 'TIME_WAIT ASSURED 120'],
      ['> syn seq 9000', 'NEW', 'SYN_SENT UNREPLIED 120'],
    ],
  },
  {
    name: 'the server may reopen TIME_WAIT as a client',
    steps: [
      ...OPEN,
      ['> fin,ack seq 101 ack 501', 'ESTABLISHED', 'FIN_WAIT ASSURED 120'],
      ['< fin,ack seq 501 ack 102', 'ESTABLISHED', 'LAST_ACK ASSURED 30'],
      ['> ack seq 102 ack 502', 'ESTABLISHED', 'TIME_WAIT ASSURED 120'],
      ['< syn seq 9000', 'NEW', 'SYN_SENT UNREPLIED 120'],
    ],
  },
  {
    name: 'a SYN in an established connection passes and changes nothing',
    steps: [...OPEN, ['> syn seq 7000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000']],
  },
  {
    name: 'the answer to such a SYN brings us back in step',
    steps: [
      ...OPEN,
      ['> syn seq 7000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['< syn,ack seq 8000 ack 7001', 'ESTABLISHED', 'SYN_RECV ASSURED 60'],
      ['> ack seq 7001 ack 8001', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'a challenge ACK in SYN_SENT passes, and the reset that answers it closes the entry',
    steps: [
      SYN,
      ['< ack seq 145824453 ack 644160523', 'ESTABLISHED', 'SYN_SENT 120'],
      ['> rst seq 644160523', 'ESTABLISHED', 'CLOSE 10'],
      ['> syn seq 100', 'NEW', 'SYN_SENT UNREPLIED 120'],
    ],
  },
  {
    name: 'a challenge ACK in LAST_ACK is not the last ACK',
    steps: [
      ...OPEN,
      ['> fin,ack seq 101 ack 501', 'ESTABLISHED', 'FIN_WAIT ASSURED 120'],
      ['< fin,ack seq 501 ack 102', 'ESTABLISHED', 'LAST_ACK ASSURED 30'],
      ['> syn seq 9000', 'ESTABLISHED', 'LAST_ACK ASSURED 30'],
      ['< ack seq 502 ack 102', 'ESTABLISHED', 'LAST_ACK ASSURED 30'],
      ['> ack seq 102 ack 502', 'ESTABLISHED', 'TIME_WAIT ASSURED 120'],
    ],
  },
  {
    name: 'a simultaneous open is established by the ACK of either side',
    steps: [
      SYN,
      ['< syn seq 500', 'ESTABLISHED', 'SYN_SENT2 120'],
      ['> syn,ack seq 100 ack 501', 'ESTABLISHED', 'SYN_RECV 60'],
      ['< syn,ack seq 500 ack 101', 'ESTABLISHED', 'SYN_RECV 60'],
      ['< ack seq 501 ack 101', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'a reset within the window but not exactly next keeps the state, for a challenge ACK',
    steps: [
      ...OPEN,
      ['< rst seq 502', 'ESTABLISHED', 'ESTABLISHED ASSURED 10'],
      ['> ack seq 101 ack 502', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['< rst seq 502', 'ESTABLISHED', 'CLOSE ASSURED 10'],
    ],
  },
  {
    name: 'a reset before what was acknowledged is invalid',
    steps: [...OPEN, ['< rst seq 400', 'INVALID', 'ESTABLISHED ASSURED 432000']],
  },
  {
    name: 'unless nf_conntrack_tcp_ignore_invalid_rst is on: then only the windows count',
    sysctl: { tcp_ignore_invalid_rst: 1 },
    steps: [...OPEN, ['< rst seq 400', 'ESTABLISHED', 'ESTABLISHED ASSURED 10']],
  },
  {
    name: 'data beyond the window is invalid',
    steps: [
      ['> syn seq 100 win 1000', 'NEW', 'SYN_SENT UNREPLIED 120'],
      ['< syn,ack seq 500 ack 101 win 1000', 'ESTABLISHED', 'SYN_RECV 60'],
      ['> ack seq 101 ack 501 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> ack seq 5000 ack 501 len 10', 'INVALID', 'ESTABLISHED ASSURED 432000'],
      ['< ack seq 501 ack 3000', 'INVALID', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'unless nf_conntrack_tcp_be_liberal is on',
    sysctl: { tcp_be_liberal: 1 },
    steps: [
      ['> syn seq 100 win 1000', 'NEW', 'SYN_SENT UNREPLIED 120'],
      ['< syn,ack seq 500 ack 101 win 1000', 'ESTABLISHED', 'SYN_RECV 60'],
      ['> ack seq 101 ack 501 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> ack seq 5000 ack 501 len 10', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'a little too much data passes without a lease of life',
    steps: [
      ['> syn seq 100 win 1000', 'NEW', 'SYN_SENT UNREPLIED 120'],
      ['< syn,ack seq 500 ack 101 win 1000', 'ESTABLISHED', 'SYN_RECV 60'],
      ['> ack seq 101 ack 501 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      10,
      ['> ack seq 1102 ack 501 len 10', 'ESTABLISHED', 'ESTABLISHED ASSURED 431990'],
    ],
  },
  {
    name: 'windows are scaled where both sides said so',
    steps: [
      ['> syn seq 100 win 1000 wscale 7', 'NEW', 'SYN_SENT UNREPLIED 120'],
      ['< syn,ack seq 500 ack 101 win 1000 wscale 7', 'ESTABLISHED', 'SYN_RECV 60'],
      ['> ack seq 101 ack 501 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['< ack seq 501 ack 101 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> ack seq 100101 ack 501 win 1000 len 1', 'ESTABLISHED', 'ESTABLISHED ASSURED 300'],
    ],
  },
  {
    name: 'and not where only one did',
    steps: [
      ['> syn seq 100 win 1000 wscale 7', 'NEW', 'SYN_SENT UNREPLIED 120'],
      ['< syn,ack seq 500 ack 101 win 1000', 'ESTABLISHED', 'SYN_RECV 60'],
      ['> ack seq 101 ack 501 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['< ack seq 501 ack 101 win 1000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> ack seq 100101 ack 501 win 1000 len 1', 'INVALID', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'the middle of a connection is picked up, with the short timeout until it is answered',
    steps: [
      ['> ack seq 1000 ack 2000 len 5', 'NEW', 'ESTABLISHED UNREPLIED 300'],
      ['< ack seq 2000 ack 1005', 'ESTABLISHED', 'ESTABLISHED 300'],
      ['> ack seq 1005 ack 2000', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'unless nf_conntrack_tcp_loose is off',
    sysctl: { tcp_loose: 0 },
    steps: [['> ack seq 1000 ack 2000 len 5', 'INVALID', 'none']],
  },
  {
    name: 'no connection begins with SYN/ACK, FIN, RST or nothing',
    steps: [
      ['> syn,ack seq 1 ack 1', 'INVALID', 'none'],
      ['> fin,ack seq 1 ack 1', 'INVALID', 'none'],
      ['> rst seq 1', 'INVALID', 'none'],
      ['> no-flags seq 1', 'INVALID', 'none'],
    ],
  },
  {
    name: 'flags that cannot be together are invalid, in a connection too',
    steps: [
      ...OPEN,
      ['> syn,fin seq 101', 'INVALID', 'ESTABLISHED ASSURED 432000'],
      ['> syn,rst seq 101', 'INVALID', 'ESTABLISHED ASSURED 432000'],
      ['> fin seq 101', 'INVALID', 'ESTABLISHED ASSURED 432000'],
      ['> psh seq 101', 'INVALID', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'the client cannot acknowledge in SYN_SENT, nor the server send SYN when established',
    steps: [
      SYN,
      ['> ack seq 101 ack 501', 'INVALID', 'SYN_SENT UNREPLIED 120'],
      SYNACK,
      ACK,
      ['< syn seq 900', 'INVALID', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'the same ACK three times again is a dead peer',
    steps: [
      ...OPEN,
      ['> ack seq 101 ack 501', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> ack seq 101 ack 501', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
      ['> ack seq 101 ack 501', 'ESTABLISHED', 'ESTABLISHED ASSURED 300'],
      ['< ack seq 501 ack 101', 'ESTABLISHED', 'ESTABLISHED ASSURED 432000'],
    ],
  },
  {
    name: 'a closed window shortens the timeout as retransmission does',
    steps: [...OPEN, ['< ack seq 501 ack 101 win 0', 'ESTABLISHED', 'ESTABLISHED ASSURED 300']],
  },
  {
    name: 'an invalid FIN and the invalid reset that answers it do not keep the entry for days',
    steps: [
      ...OPEN,
      ['> fin,ack seq 900000 ack 501', 'INVALID', 'ESTABLISHED ASSURED 432000'],
      ['< rst seq 100', 'INVALID', 'ESTABLISHED ASSURED 432000'],
      ['< fin,ack seq 900000 ack 101', 'INVALID', 'ESTABLISHED ASSURED 300'],
    ],
  },
  {
    name: 'a late SYN/ACK passes and changes nothing',
    steps: [...OPEN, 5, ['< syn,ack seq 500 ack 101', 'ESTABLISHED', 'ESTABLISHED ASSURED 431995']],
  },
  {
    name: 'SACK blocks count as acknowledgement where the receiver allowed them',
    steps: [
      ['> syn seq 100 sackok', 'NEW', 'SYN_SENT UNREPLIED 120'],
      ['< syn,ack seq 500 ack 101 sackok', 'ESTABLISHED', 'SYN_RECV 60'],
      ACK,
      ['> ack seq 201 ack 501 len 100', 'ESTABLISHED', 'ESTABLISHED ASSURED 300'],
      ['< ack seq 501 ack 101 nop nop sack 201-301', 'ESTABLISHED', 'ESTABLISHED ASSURED 300'],
      ['< ack seq 501 ack 101 nop nop sack 201-400', 'INVALID', 'ESTABLISHED ASSURED 300'],
    ],
  },
];

describe('TCP', () => {
  test.each(CONVERSATIONS)('$name', ({ sysctl, steps }) => {
    const bed = new Bed();
    for (const [name, value] of Object.entries(sysctl ?? {})) bed.sysctl(name, value);
    for (const step of steps) {
      if (typeof step === 'number') bed.advance(step);
      else {
        const [segment, state, expected] = step;
        expect([segment, bed.send(wire(segment)), entry(bed)]).toEqual([segment, state, expected]);
      }
    }
  });

  test('a bad checksum is invalid where packets come in, and not where they are made', () => {
    const bed = new Bed();
    const damage = (): void => {
      bed.packet.buf[bed.packet.end - 1]! ^= 1;
    };
    expect(bed.send(wire('> syn seq 1 len 4'), 'forward', damage)).toBe('INVALID');
    expect(bed.send(wire('> syn seq 1 len 4'), 'out', damage)).toBe('NEW');
    bed.ct.connections.flush();
    bed.sysctl('checksum', 0);
    expect(bed.send(wire('> syn seq 1 len 4'), 'forward', damage)).toBe('NEW');
  });

  test.each([
    ['shorter than its header', 19],
    ['shorter than its header length says', 24],
  ])('a segment %s is invalid', (_, length) => {
    const bed = new Bed();
    bed.sysctl('checksum', 0);
    const cut = (): void => {
      bed.packet.end = bed.packet.network + 20 + length;
      bed.packet.buf[bed.packet.network + 3] = 20 + length;
      bed.packet.buf[bed.packet.network + 32] = 0x70;
    };
    expect(bed.send(wire('> syn seq 1 len 40'), 'forward', cut)).toBe('INVALID');
    expect(bed.ct.connections.get({})).toBeUndefined();
  });

  test('sequence numbers wrap', () => {
    const bed = new Bed();
    bed.send(wire('> syn seq 4294967290'));
    bed.send(wire('< syn,ack seq 4294967290 ack 4294967291'));
    bed.send(wire('> ack seq 4294967291 ack 4294967291'));
    expect(bed.send(wire('> ack seq 4294967291 ack 4294967291 len 100'))).toBe('ESTABLISHED');
    expect(bed.send(wire('< ack seq 4294967291 ack 95'))).toBe('ESTABLISHED');
    expect(entry(bed)).toBe('ESTABLISHED ASSURED 432000');
  });

  test('a whole conversation is the same over IPv6', () => {
    const bed = new Bed();
    const [a, b] = ['[2001:db8::1]:40000', '[2001:db8::2]:80'];
    expect(bed.send(`tcp ${a} > ${b} syn seq 100`)).toBe('NEW');
    expect(bed.send(`tcp ${b} > ${a} syn,ack seq 500 ack 101`)).toBe('ESTABLISHED');
    expect(bed.send(`tcp ${a} > ${b} ack seq 101 ack 501`)).toBe('ESTABLISHED');
    expect(bed.line).toBe(
      'tcp      6 432000 ESTABLISHED src=2001:db8::1 dst=2001:db8::2 sport=40000 dport=80 ' +
        'src=2001:db8::2 dst=2001:db8::1 sport=80 dport=40000 [ASSURED] mark=0 use=1',
    );
  });
});

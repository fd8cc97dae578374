// TFTP, IRC, Amanda and SANE: one announcement each, forwarded and translated.

import type { Case, Step } from '../case.ts';
import { dnat, helped, snat } from './helpers.ts';
import { Session } from './session.ts';
import { at, both, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };
const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;

const RRQ = 'hex 000166696c65006f6374657400';
const WRQ = 'hex 000266696c65006f6374657400';
const DATA = 'hex 000300016869';

const tftp: Case[] = [
  ...both((_, h) => ({
    name: 'TFTP: the server answers from another port',
    ruleset: helped('tftp', 'udp', 69),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 69)} ${RRQ}`),
      look,
      wan(`udp ${at(h.server, 3000)} > ${at(h.client, 1024)} ${DATA}`),
      entries,
      wan(`udp ${at(h.server, 3001)} > ${at(h.client, 1024)} ${DATA}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 3000)} hex 00040001`),
      look,
    ],
  })),
  ...both((l3, h) => ({
    name: 'TFTP through SNAT: the answer finds the client',
    ruleset: helped('tftp', 'udp', 69, snat(l3)),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 69)} ${WRQ}`),
      look,
      wan(`udp ${at(h.server, 3000)} > ${at(PUBLIC[l3], 1024)} hex 00040000`),
      entries,
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 3000)} ${DATA}`),
    ],
  })),
  {
    name: 'TFTP: errors and what is too short announce nothing',
    ruleset: helped('tftp', 'udp', 69),
    steps: [
      lan('udp 10.0.0.2:1024 > 192.0.2.2:69 hex 000500016e6f00'),
      look,
      lan('udp 10.0.0.2:1025 > 192.0.2.2:69 hex 00'),
      look,
      lan('udp 10.0.0.2:1026 > 192.0.2.2:69 hex 0001'),
      look,
    ],
  },
];

const dcc = (address: string, port: number, command = 'SEND file'): string => {
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return `PRIVMSG friend :\x01DCC ${command} ${number} ${port} 1000\x01\r\n`;
};

const irc = (name: string, lines: readonly string[], more = ''): Case => {
  const s = new Session({
    client: '10.0.0.2',
    server: '192.0.2.2',
    serverPort: 6667,
    ...(more === '' ? {} : { seenClient: PUBLIC.ip }),
  });
  return {
    name: `IRC: ${name}`,
    ruleset: helped('irc', 'tcp', 6667, more),
    steps: [
      ...s.open(),
      s.server(':server 001 me :welcome\r\n'),
      ...lines.flatMap((line) => [s.client(line), look]),
      wan(`tcp 192.0.2.3:1000 > ${more === '' ? '10.0.0.2' : PUBLIC.ip}:5555 syn seq 1`),
      entries,
    ],
  };
};

const ircs: Case[] = [
  irc('DCC SEND lets anybody come', [dcc('10.0.0.2', 5555)]),
  irc('DCC CHAT', [dcc('10.0.0.2', 5555, 'CHAT chat')]),
  irc('DCC TSEND and SCHAT', [dcc('10.0.0.2', 5555, 'TSEND f'), dcc('10.0.0.2', 5556, 'SCHAT c')]),
  irc('a word that is no command', [dcc('10.0.0.2', 5555, 'XSEND file')]),
  irc('another address', [dcc('10.0.0.3', 5555)]),
  irc('port 0', [dcc('10.0.0.2', 0)]),
  irc('no newline', [dcc('10.0.0.2', 5555).trimEnd()]),
  irc('not PRIVMSG', [dcc('10.0.0.2', 5555).replace('PRIVMSG', 'NOTICE ')]),
  irc('lower case', [dcc('10.0.0.2', 5555).replace('PRIVMSG', 'privmsg')]),
  irc('blanks before', [`\r\n  ${dcc('10.0.0.2', 5555)}`]),
  irc('a word that is no command, and another message behind it', [
    `PRIVMSG friend :\x01DCC nothing :\x01DCC SEND file 167772162 5555 1000\x01\r\n`,
    `PRIVMSG friend :\x01DCC SEND f 1 5555 :\x01DCC CHAT chat 167772162 5556 1000\x01\r\n`,
    `PRIVMSG friend :\x01DCC SEND TSEND file 167772162 5557 1000\x01\r\n`,
    `PRIVMSG friend :\x01DCC SEND  167772162 5558\x01\n`,
  ]),
  irc('a short message', ['PRIVMSG a :\x01DCC SEND\x01\r\n']),
  irc('no file name', [`PRIVMSG friend :\x01DCC SEND 167772162 5555\x01\r\n`]),
  irc(
    'nine in a row, the first gives way',
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => dcc('10.0.0.2', 5550 + i)),
  ),
];

const ircNat: Case = (() => {
  const s = new Session({
    client: '10.0.0.2',
    server: '192.0.2.2',
    seenClient: PUBLIC.ip,
    serverPort: 6667,
  });
  return {
    name: 'IRC through SNAT: address and port are rewritten',
    ruleset: helped('irc', 'tcp', 6667, snat('ip')),
    steps: [
      ...s.open(),
      s.server(':server 001 me :welcome\r\n'),
      s.client(dcc('10.0.0.2', 5555), 1),
      look,
      s.serverAck(),
      s.client('PRIVMSG friend :there\r\n'),
      wan(`tcp 192.0.2.3:1000 > ${PUBLIC.ip}:5555 syn seq 1`),
      entries,
    ],
  };
})();

const AMANDA_REPLY =
  'Amanda 2.4 REP HANDLE 003-7C710808 SEQ 1\nCONNECT DATA 1025 MESG 1026 INDEX 1027\nOPTIONS ;\n';
const quoted = (text: string): string => text.replaceAll('\n', '\\n');

const amanda = (name: string, reply: string, more: (l3: L3) => string = () => ''): Case[] =>
  both((l3, h) => {
    const seen = more(l3) === '' ? h.client : PUBLIC[l3];
    return {
      name: `Amanda: ${name}`,
      ruleset: helped('amanda', 'udp', 10080, more(l3)),
      steps: [
        lan(`udp ${at(h.client, 850)} > ${at(h.server, 10080)} data "Amanda 2.4 REQ HANDLE"`),
        wan(`udp ${at(h.server, 10080)} > ${at(seen, 850)} data "${quoted(reply)}"`),
        look,
        entries,
        lan(`tcp ${at(h.client, 851)} > ${at(h.server, 1025)} syn seq 1`),
        lan(`tcp ${at(h.client, 852)} > ${at(h.server, 1027)} syn seq 1`),
        lan(`tcp ${at(h.client, 853)} > ${at(h.server, 1028)} syn seq 1`),
        entries,
      ],
    };
  });

const amandas: Case[] = [
  ...amanda('three streams', AMANDA_REPLY),
  ...amanda('one stream is port 0', AMANDA_REPLY.replace('1026', '0')),
  ...amanda('a number that is too long', AMANDA_REPLY.replace('1026', '102600')),
  ...amanda('no CONNECT line', AMANDA_REPLY.replace('CONNECT', 'CONNEXT')),
  ...amanda('the line does not end', AMANDA_REPLY.slice(0, AMANDA_REPLY.indexOf('\nOPT'))),
  ...amanda('through SNAT', AMANDA_REPLY, snat),
  {
    name: 'Amanda through DNAT: ports stay where they can',
    ruleset: helped('amanda', 'udp', 10080, dnat('ip', 'udp', 10080, '192.0.2.2')),
    steps: [
      lan('udp 10.0.0.2:850 > 10.0.0.1:10080 data "Amanda 2.4 REQ HANDLE"'),
      wan(`udp 192.0.2.2:10080 > 10.0.0.2:850 data "${quoted(AMANDA_REPLY)}"`),
      look,
      lan('tcp 10.0.0.2:851 > 10.0.0.1:1025 syn seq 1'),
      entries,
    ],
  },
];

const START = '\x00\x00\x00\x07\x00\x00\x00\x01';
const sane = (name: string, request: string, replies: readonly string[], more = ''): Case => {
  const s = new Session({
    client: '10.0.0.2',
    server: '192.0.2.2',
    serverPort: 6566,
    ...(more === '' ? {} : { seenClient: PUBLIC.ip }),
  });
  return {
    name: `SANE: ${name}`,
    ruleset: helped('sane', 'tcp', 6566, more),
    steps: [
      ...s.open(),
      s.client(request),
      ...replies.flatMap((reply) => [s.server(reply), look]),
      lan('tcp 10.0.0.2:41000 > 192.0.2.2:4660 syn seq 1'),
      entries,
    ],
  };
};
const STARTED = '\x00\x00\x00\x00\x00\x00\x12\x34\x00\x00\x12\x34';

const sanes: Case[] = [
  sane('the answer to START names the port', START, [STARTED]),
  sane('the second answer does not', START, ['\x00\x00\x00\x01\x00\x00\x12\x34', STARTED]),
  sane('another command', START.replace('\x07', '\x06'), [STARTED]),
  sane('a longer request', `${START}x`, [STARTED]),
  sane('a failed start', START, [STARTED.replace('\x00', '\x01')]),
  sane('a short answer', START, [STARTED.slice(0, 7)]),
  sane('through SNAT', START, [STARTED], snat('ip')),
];

export const smallHelpers: Case[] = [...tftp, ...ircs, ircNat, ...amandas, ...sanes];

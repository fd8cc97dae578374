// Sound messages of each helper's protocol, for damage.

import {
  alerting,
  callProceeding,
  connect,
  facility,
  progress,
  setup,
  tpkt,
} from '../../../src/helpers/h323/bed-calls.ts';
import { type Channel, openAck, openRequest } from '../../../src/helpers/h323/bed-channels.ts';
import * as gk from '../../../src/helpers/h323/bed-ras.ts';
import { answer, contactOf, invite, message, register, registered } from '../cases/sip-messages.ts';

export interface Protocol {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly client: readonly Uint8Array[];
  readonly server: readonly Uint8Array[];
  /** A frame around each, which stays sound. */
  readonly wrap?: (bytes: Uint8Array) => Uint8Array;
}

const SERVER = '192.0.2.2';
const CLIENT = '10.0.0.2';
const sound = (port: number): Channel => ({
  forward: { media: `${CLIENT}:${port}`, control: `${CLIENT}:${port + 1}`, silence: true },
});
const both: Channel = {
  forward: { control: `${CLIENT}:5003` },
  reverse: { media: `${CLIENT}:5004`, control: `${CLIENT}:5005` },
};
const data: Channel = { forward: {}, reverse: {}, data: `${CLIENT}:1503` };
const control = `${CLIENT}:3000`;
const call = { control, fastStart: [sound(5000), both] };
const tunnelled = [openRequest(data), openAck({ forward: { media: `${CLIENT}:5010` } })];

const SIGNALLING = [
  setup({ ...call, called: '192.0.2.2:1720', caller: `${CLIENT}:40000` }),
  setup({ control, later: true, tunnelled }),
  callProceeding(call),
  alerting({ control, tunnelled }),
  connect(call),
  connect({ control, tunnelled }, 16),
  progress({ ...call, tunnelled }),
  facility({ reason: 1, forwardTo: `${CLIENT}:1730` }),
  facility({ reason: 3, ...call }),
];
const own = [`${CLIENT}:1720`];
const REGISTERING = [
  gk.gatekeeperRequest(`${CLIENT}:1719`),
  gk.gatekeeperConfirm(`${CLIENT}:1718`),
  gk.registrationRequest({
    call: ['127.0.0.1:1720', ...own],
    ras: [`${CLIENT}:1719`],
    seconds: 60,
  }),
  gk.registrationConfirm({ call: own, seconds: 70 }),
  gk.unregistrationRequest(own),
  gk.admissionRequest({ called: own[0]!, caller: `${CLIENT}:1` }),
  gk.admissionConfirm(`${CLIENT}:1721`),
  gk.locationRequest(`${CLIENT}:1719`),
  gk.locationConfirm(own[0]!, `${CLIENT}:1719`),
  gk.infoRequestResponse(`${CLIENT}:1719`, own),
];

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

const alice = { l3: 'ip', from: CLIENT, to: SERVER } as const;
const bob = { l3: 'ip', from: SERVER, to: CLIENT } as const;
const SOUND = [
  ['audio', 30000],
  ['video', 30002],
] as const;
const SIP = {
  client: [
    invite(alice, SOUND),
    register(CLIENT, SERVER, contactOf(CLIENT, 40000)),
    register(CLIENT, SERVER, contactOf(CLIENT, 40000, ';expires=60'), []),
    message([`BYE sip:bob@${SERVER} SIP/2.0`, 'CSeq: 3 BYE']),
    answer(alice, '200 OK', 'INVITE', SOUND),
  ].map(bytes),
  server: [
    answer(bob, '200 OK', 'INVITE', SOUND),
    answer(bob, '183 Progress', 'INVITE', SOUND),
    answer(bob, '486 Busy', 'INVITE', []),
    registered(CLIENT, '200 OK', contactOf(CLIENT, 40000, ';expires=300')),
    invite(bob, SOUND),
  ].map(bytes),
};

const pptp = (type: number, body: readonly number[], size: number): Uint8Array => {
  const message = new Uint8Array(12 + size);
  message.set([0, size + 12, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, type, 0, 0, ...body]);
  return message;
};

/** BER of a tag and its parts, which are short. */
const ber = (tag: number, ...parts: readonly (readonly number[])[]): number[] => {
  const body = parts.flat();
  return [tag, body.length, ...body];
};
const snmp = (pdu: number, ...addresses: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    ber(
      0x30,
      ber(2, [1]),
      ber(4, [0x70, 0x75, 0x62]),
      ber(
        pdu,
        ...[1, 0, 0].map((value) => ber(2, [value])),
        ber(0x30, ...addresses.map((one) => ber(0x30, ber(6, [0x2b, 6, 1]), ber(0x40, one)))),
      ),
    ),
  );
const OWN = [10, 0, 0, 2];
const OTHER = [192, 0, 2, 2];

export const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'Q.931',
    protocol: 'tcp',
    port: 1720,
    client: SIGNALLING,
    server: SIGNALLING,
    wrap: tpkt,
  },
  { name: 'RAS', protocol: 'udp', port: 1719, client: REGISTERING, server: REGISTERING },
  {
    name: 'ftp',
    protocol: 'tcp',
    port: 21,
    client: ['PORT 10,0,0,2,16,225\r\n', 'EPRT |1|10.0.0.2|4321|\r\n', 'NOOP\r\n'].map(bytes),
    server: [
      '220 ready\r\n',
      '227 Entering Passive Mode (192,0,2,2,19,137).\r\n',
      '229 Entering Extended Passive Mode (|||5001|)\r\n',
    ].map(bytes),
  },
  {
    name: 'irc',
    protocol: 'tcp',
    port: 6667,
    client: [
      'PRIVMSG friend :\x01DCC SEND file 167772162 5555 1000\x01\r\n',
      'PRIVMSG friend :\x01DCC CHAT chat 167772162 5556\x01\r\n',
      '\r\nPRIVMSG friend :\x01DCC TSEND f 3221225993 5557 9\x01\n',
    ].map(bytes),
    server: [':server 001 me :welcome\r\n'].map(bytes),
  },
  { name: 'sip', protocol: 'udp', port: 5060, ...SIP },
  { name: 'sip', protocol: 'tcp', port: 5060, ...SIP },
  {
    name: 'amanda',
    protocol: 'udp',
    port: 10080,
    client: ['Amanda 2.4 REQ HANDLE'].map(bytes),
    server: [
      'Amanda 2.4 REP HANDLE 003-7C710808 SEQ 1\nCONNECT DATA 1025 MESG 1026 INDEX 1027\nOPTIONS ;\n',
      'CONNECT STATE 50016 DATA 50012 MESG 50013 INDEX 50014\n',
    ].map(bytes),
  },
  {
    name: 'tftp',
    protocol: 'udp',
    port: 69,
    client: ['\x00\x01file\x00octet\x00', '\x00\x02file\x00octet\x00'].map(bytes),
    server: ['\x00\x03\x00\x01data'].map(bytes),
  },
  {
    name: 'sane',
    protocol: 'tcp',
    port: 6566,
    client: ['\x00\x00\x00\x07\x00\x00\x00\x01'].map(bytes),
    server: ['\x00\x00\x00\x00\x00\x00\x12\x34\x00\x00\x12\x34'].map(bytes),
  },
  {
    name: 'pptp',
    protocol: 'tcp',
    port: 1723,
    client: [
      pptp(1, [1, 0], 144),
      pptp(7, [0, 100], 156),
      pptp(10, [1, 0x90, 1, 0x2c, 1], 12),
      pptp(12, [0, 100], 4),
    ],
    server: [
      pptp(2, [1, 0, 1], 144),
      pptp(8, [0, 200, 0, 100, 1], 20),
      pptp(9, [1, 0x2c], 208),
      pptp(11, [1, 0x90], 16),
      pptp(13, [0, 200], 136),
    ],
  },
  {
    name: 'snmp',
    protocol: 'udp',
    port: 161,
    client: [snmp(0xa0, OWN)],
    server: [snmp(0xa2, OTHER, OWN), snmp(0xa2, [192, 0, 2, 9])],
  },
  {
    name: 'snmp_trap',
    protocol: 'udp',
    port: 162,
    client: [snmp(0xa7, OWN, OTHER), snmp(0xa6, OWN)],
    server: [snmp(0xa2, OTHER)],
  },
];

// arp: fields of ARP packets (libebt_arp.c).

import type { EbtArpInfo, XtNet } from '../../program/index.ts';
import {
  BRIDGE,
  defined,
  ethertypeNumber,
  extension,
  flagOf,
  flagText,
  hexText,
  macNet,
  macNetText,
  netOf,
  netText,
  type OptionSpec,
  testOf,
  testText,
  type ValueParser,
  words,
  wrong,
} from '../extension/index.ts';

const OPCODES = [
  'Request',
  'Reply',
  'Request_Reverse',
  'Reply_Reverse',
  'DRARP_Request',
  'DRARP_Reply',
  'DRARP_Error',
  'InARP_Request',
  'ARP_NAK',
];
const ETHERNET = 1;

const decimal = (word: string): number | undefined => {
  const value = /^[0-9]+$/.test(word) ? Number(word) : undefined;
  return value !== undefined && value <= 0xffff ? value : undefined;
};

function opcodeOf(word: string): number {
  const named = OPCODES.findIndex((name) => name.toLowerCase() === word.toLowerCase());
  return decimal(word) ?? (named < 0 ? wrong(`bad opcode "${word}"`, 'Request') : named + 1);
}

function typeOf(word: string): number {
  const value = /^(0x)?[0-9a-f]+$/i.test(word) ? Number.parseInt(word, 16) : undefined;
  if (value !== undefined && value <= 0xffff) return value;
  return ethertypeNumber(word) ?? wrong(`bad protocol type "${word}"`);
}

const option = (
  name: string,
  parse: ValueParser,
  about: string,
  aliases: readonly string[] = [],
): OptionSpec => ({
  name,
  aliases,
  parse,
  negatable: true,
  about,
});

export const ebtArp = extension<EbtArpInfo>({
  kind: 'match',
  name: 'arp',
  families: BRIDGE,
  rev: 0,
  options: [
    option('arp-op', ([word = '']) => opcodeOf(word), 'number|name  operation', ['arp-opcode']),
    option(
      'arp-htype',
      ([word = '']) =>
        decimal(word) ??
        (word.toLowerCase() === 'ethernet' ? ETHERNET : wrong(`bad type "${word}"`)),
      'number|Ethernet  hardware type',
    ),
    option('arp-ptype', ([word = '']) => typeOf(word), 'number|name  protocol type, hexadecimal'),
    option('arp-ip-src', netOf('ip'), 'address[/mask]  address of the sender'),
    option('arp-ip-dst', netOf('ip'), 'address[/mask]  address of the target'),
    option('arp-mac-src', macNet, 'mac[/mask]  hardware address of the sender'),
    option('arp-mac-dst', macNet, 'mac[/mask]  hardware address of the target'),
    { name: 'arp-gratuitous', negatable: true, about: 'sender and target have the same address' },
  ],
  build: (given) =>
    defined({
      opcode: testOf<number>(given, 'arp-op'),
      htype: testOf<number>(given, 'arp-htype'),
      ptype: testOf<number>(given, 'arp-ptype'),
      saddr: testOf<XtNet>(given, 'arp-ip-src'),
      daddr: testOf<XtNet>(given, 'arp-ip-dst'),
      smac: testOf<XtNet>(given, 'arp-mac-src'),
      dmac: testOf<XtNet>(given, 'arp-mac-dst'),
      gratuitous: flagOf(given, 'arp-gratuitous'),
    }),
  save: (info) =>
    words(
      testText('arp-op', info.opcode, (op) => OPCODES[op - 1] ?? `${op}`),
      testText('arp-htype', info.htype, (type) => `${type}`),
      testText('arp-ptype', info.ptype, (type) => hexText(type)),
      testText('arp-ip-src', info.saddr, netText),
      testText('arp-ip-dst', info.daddr, netText),
      testText('arp-mac-src', info.smac, macNetText),
      testText('arp-mac-dst', info.dmac, macNetText),
      info.gratuitous !== undefined && flagText('arp-gratuitous', info.gratuitous.invert),
    ),
  translate: (_, { leave }) => leave('the fields of ARP are not carried over from ebtables'),
});

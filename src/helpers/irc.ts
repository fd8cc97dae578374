// IRC (net/netfilter/nf_conntrack_irc.c, nf_nat_irc.c): DCC, where a client tells another one the address
// and port it waits at.

import { NFPROTO_IPV4, T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_TCP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';
import { decimalAt } from './text.ts';

const COMMANDS = ['SEND ', 'CHAT ', 'MOVE ', 'TSEND ', 'SCHAT '] as const;
const MIN_MATCH = 5;
const MAX_SEARCH = 4095;
/** "AAAAAAAA P\1\n" */
const MIN_NUMBERS = 12;

interface Dcc {
  readonly address: number;
  readonly port: number;
  readonly begin: number;
  readonly end: number;
}

/** parse_dcc(): behind the file's name, an address as one decimal number and a port. */
function parseDcc(text: string, from: number): Dcc | null {
  const blank = text.indexOf(' ', from);
  if (blank < 0 || (blank > from && blank > text.length - MIN_NUMBERS)) return null;
  const begin = blank + 1;
  if (text.indexOf('\n', begin) < 0) return null;
  const address = decimalAt(text, begin);
  let at = address.end;
  while (text[at] === ' ') at++;
  const port = decimalAt(text, at);
  return { address: address.value | 0, port: port.value & 0xffff, begin, end: port.end };
}

/** What a client sends may begin with blanks, and with PRIVMSG only; where what is behind begins, -1 otherwise. */
function messageStart(text: string): number {
  let at = 0;
  while (at < text.length - 10 && ' \r\n'.includes(text[at]!)) at++;
  if (at >= text.length - 10) return at;
  return text.slice(at, at + 8).toUpperCase() === 'PRIVMSG ' ? at + 8 : -1;
}

function announce(cx: HelperContext<null>, dcc: Dcc): Verdict {
  const told = cx.announce({ port: dcc.port, from: null });
  if (told === 0) return cx.drop(cx.translated ? 'all ports in use' : 'cannot add expectation');
  if (!cx.translated) return ACCEPT;
  const address = cx.tuple(1)[T_DST]! >>> 0;
  return cx.rewrite(dcc.begin, dcc.end - dcc.begin, `${address} ${told}`)
    ? ACCEPT
    : cx.drop('cannot mangle packet');
}

/** The DCC that a message carries; a word that is none of its commands is stepped over to the next " :". */
function findDcc(cx: HelperContext<null>, text: string): Dcc | null {
  let at = messageStart(text);
  if (at < 0) return null;
  for (;;) {
    const colon = text.indexOf(' :', at);
    if (colon < 0 || colon >= text.length - (21 + MIN_MATCH)) return null;
    if (!text.startsWith('\x01DCC ', colon + 2)) return null;
    at = colon + 7;
    for (const command of COMMANDS) {
      if (!text.startsWith(command, at)) continue;
      const dcc = parseDcc(text, at + command.length);
      if (dcc === null) return null;
      // The address may be the client's own or the one it is known by outside, and no other.
      const own = dcc.address === cx.own[T_SRC] || dcc.address === cx.other[T_DST];
      if (own && dcc.port !== 0) return dcc;
      cx.note('DCC names another address');
      return null;
    }
  }
}

function help(cx: HelperContext<null>): Verdict {
  if (cx.dir === 1 || !cx.established || cx.payload.length === 0) return ACCEPT;
  const dcc = findDcc(cx, cx.text.slice(0, MAX_SEARCH));
  return dcc === null ? ACCEPT : announce(cx, dcc);
}

export interface IrcOptions {
  /** How many channels may be announced at a time, at least one; the oldest gives way. Default 8. */
  readonly maxDccChannels?: number;
  /** Seconds one waits. Default 300. */
  readonly dccTimeout?: number;
}

export const ircHelper = ({
  maxDccChannels = 8,
  dccTimeout = 300,
}: IrcOptions = {}): HelperSpec<null> => ({
  name: 'irc',
  families: ['ip'],
  protocols: [IPPROTO_TCP],
  policies: [{ name: 'irc', maxExpected: maxDccChannels, timeout: dccTimeout }],
  fresh: () => null,
  help: (cx) => (cx.l3 === NFPROTO_IPV4 ? help(cx) : ACCEPT),
});

import { formatMac, parseIPv4, parseMac } from '../../bytes/index.ts';
import { ARPOP_REPLY, ARPOP_REQUEST } from '../../uapi/index.ts';
import type { Layer } from '../build/layer.ts';
import { arp } from '../build/network.ts';
import { type Cursor, fail } from './cursor.ts';
import { COMMON_WORDS, DEFAULT_MACS, type Draft, type Words } from './draft.ts';

function readAddress(cursor: Cursor, wanted: string): string {
  const token = cursor.next(wanted);
  if (parseIPv4(token.text) === undefined) {
    throw fail(token, `'${token.raw}' is no IPv4 address`);
  }
  return token.text;
}

function readMac(cursor: Cursor, wanted: string): string {
  const token = cursor.next(wanted);
  const mac = parseMac(token.text);
  if (mac === undefined) throw fail(token, `'${token.raw}' is no MAC address`);
  return formatMac(mac);
}

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** `arp who-has 10.0.0.2 tell 10.0.0.1`, asked of everybody. */
function readRequest(cursor: Cursor, draft: Draft, rest: () => void): Layer {
  const targetAddress = readAddress(cursor, 'the address asked for');
  if (!cursor.accept('tell')) {
    const token = cursor.peek();
    if (token === undefined) throw cursor.missing("'tell' and the asking address");
    throw fail(token, `'tell' wanted before '${token.raw}'`);
  }
  const senderAddress = readAddress(cursor, 'the asking address');
  rest();
  draft.macs ??= [DEFAULT_MACS[0], BROADCAST];
  return arp({ operation: ARPOP_REQUEST, senderMac: draft.macs[0], senderAddress, targetAddress });
}

/** `arp reply 10.0.0.2 is-at 02:00:00:00:00:02 to 10.0.0.1`. */
function readReply(cursor: Cursor, draft: Draft, rest: () => void): Layer {
  const senderAddress = readAddress(cursor, 'the answering address');
  if (!cursor.accept('is-at')) {
    const token = cursor.peek();
    if (token === undefined) throw cursor.missing("'is-at' and the MAC address");
    throw fail(token, `'is-at' wanted before '${token.raw}'`);
  }
  const senderMac = readMac(cursor, 'the MAC address');
  const targetAddress = cursor.accept('to') ? readAddress(cursor, 'the asking address') : '0.0.0.0';
  rest();
  draft.macs ??= [senderMac, DEFAULT_MACS[0]];
  const targetMac = draft.macs[1];
  return arp({ operation: ARPOP_REPLY, senderMac, senderAddress, targetMac, targetAddress });
}

/** What follows `arp`; `readWords` reads the words after the message. */
export function readArp(cursor: Cursor, draft: Draft, readWords: (words: Words) => void): Layer {
  const token = cursor.next("'who-has' or 'reply'");
  const rest = () => readWords(COMMON_WORDS);
  if (token.text === 'who-has' || token.text === 'request') return readRequest(cursor, draft, rest);
  if (token.text === 'reply') return readReply(cursor, draft, rest);
  throw fail(token, `arp asks 'who-has' or gives a 'reply', not '${token.raw}'`, 'who-has');
}

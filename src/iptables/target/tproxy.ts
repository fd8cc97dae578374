// TPROXY: to a local socket without a change of the packet (libxt_TPROXY.c).

import type { TproxyInfo } from '../../program/index.ts';
import {
  addressText,
  extension,
  type Given,
  hexText,
  host,
  IP_FAMILIES,
  type MarkMask,
  markMask,
  markText,
  port,
  without,
  words,
  type XtFamily,
} from '../extension/index.ts';

const ALL = 0xffffffff;

const isZero = (address: string): boolean => /^0*$/.test(address);

function build(given: Given, family: XtFamily): TproxyInfo {
  const { mark, mask } = given.value<MarkMask>('tproxy-mark') ?? { mark: 0, mask: 0 };
  return {
    markMask: mask,
    markValue: mark,
    laddr: given.value<string>('on-ip') ?? '0'.repeat(family === 'ip6' ? 32 : 8),
    lport: given.value<number>('on-port') ?? 0,
  };
}

function placeText({ laddr, lport }: TproxyInfo): string {
  const address = addressText(laddr);
  if (isZero(laddr)) return `:${lport}`;
  if (lport === 0) return address;
  return laddr.length === 32 ? `[${address}]:${lport}` : `${address}:${lport}`;
}

function markChange({ markMask: mask, markValue: value }: TproxyInfo): string {
  if (mask === 0) return '';
  if (mask === ALL) return `meta mark set ${hexText(value)}`;
  return `meta mark set meta mark & ${hexText(without(ALL, mask))} xor ${hexText(value)}`;
}

export const tproxy = extension<TproxyInfo>({
  kind: 'target',
  name: 'TPROXY',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    { name: 'on-port', mandatory: true, parse: port, about: "port  0 is the packet's own" },
    { name: 'on-ip', parse: host, about: 'address  of the socket' },
    { name: 'tproxy-mark', parse: markMask, about: 'value[/mask]  mark of the packet' },
  ],
  build: (given, { family }) => build(given, family),
  save: (info) =>
    `--on-port ${info.lport} --on-ip ${addressText(info.laddr)} --tproxy-mark ${markText({ mark: info.markValue, mask: info.markMask })}`,
  // An IPv6 address stands without brackets.
  list: (info) =>
    `TPROXY redirect ${addressText(info.laddr)}:${info.lport} mark ${markText({ mark: info.markValue, mask: info.markMask })}`,
  translate(info, { exact, protocol }) {
    const given = words(`tproxy to ${placeText(info)}`, markChange(info), 'accept');
    // Where nobody listens tproxy ends the rule, and TPROXY drops the packet.
    return exact
      ? { chain: 'tproxy', rules: [`meta l4proto ${protocol} ${given}`, 'drop'] }
      : given;
  },
});

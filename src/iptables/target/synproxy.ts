// SYNPROXY: answers connections itself before the server hears of them (libxt_SYNPROXY.c).

import type { SynproxyInfo } from '../../program/index.ts';
import { extension, type Given, IP_FAMILIES, uint, words } from '../extension/index.ts';

/** XT_SYNPROXY_OPT_* by option, in the order they are saved and nft writes them. */
const OPTIONS: readonly (readonly [name: string, bit: number, about: string])[] = [
  ['sack-perm', 0x04, 'selective acknowledgements'],
  ['timestamp', 0x08, 'timestamps'],
  ['wscale', 0x02, 'number  window scale of the server'],
  ['mss', 0x01, 'number  segment size of the server'],
  ['ecn', 0x10, 'explicit congestion notification'],
];
const ECN = 0x10;
const WITH_NUMBER: readonly string[] = ['wscale', 'mss'];

function build(given: Given): SynproxyInfo {
  return {
    options: OPTIONS.reduce((bits, [name, bit]) => (given.has(name) ? bits | bit : bits), 0),
    // Read as 32 bits and stored in fewer.
    wscale: (given.value<number>('wscale') ?? 0) & 0xff,
    mss: (given.value<number>('mss') ?? 0) & 0xffff,
  };
}

const text = (info: SynproxyInfo, dashes: string): string =>
  words(
    ...OPTIONS.map(([name, bit]) => {
      const value = name === 'wscale' ? ` ${info.wscale}` : name === 'mss' ? ` ${info.mss}` : '';
      return (info.options & bit) !== 0 && `${dashes}${name}${value}`;
    }),
  );

export const synproxy = extension<SynproxyInfo>({
  kind: 'target',
  name: 'SYNPROXY',
  families: IP_FAMILIES,
  rev: 0,
  options: OPTIONS.map(([name, , about]) => ({
    name,
    about,
    ...(WITH_NUMBER.includes(name) ? { parse: uint(0xffffffff) } : {}),
  })),
  build,
  save: (info) => text(info, '--'),
  // A blank stands behind each option.
  list: (info) => `SYNPROXY ${text(info, '')} `,
  // nft's synproxy takes whatever has SYN or ACK; this one neither both at once nor with FIN or RST.
  translate: (info, { exact, leave }) =>
    exact && (info.options & ECN) !== 0
      ? leave('nft does not pass on what the client says of ECN')
      : words(
          exact && 'tcp flags & (fin | syn | rst | ack) == { syn, ack }',
          'synproxy',
          text(info, ''),
        ),
});

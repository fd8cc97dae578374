// connlimit: connections of a host or network at the same time (libxt_connlimit.c).

import type { ConnlimitInfo } from '../../program/index.ts';
import {
  addressBits,
  addressText,
  extension,
  IP_FAMILIES,
  maskOf,
  plen,
  U32_MAX,
  uint,
  wrong,
} from '../extension/index.ts';

export const connlimit = extension<ConnlimitInfo>({
  kind: 'match',
  name: 'connlimit',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'connlimit-upto',
      parse: uint(U32_MAX),
      negatable: true,
      excludes: ['connlimit-above'],
      about: 'number  of connections, or fewer',
    },
    {
      name: 'connlimit-above',
      parse: uint(U32_MAX),
      negatable: true,
      excludes: ['connlimit-upto'],
      about: 'number  of connections that are more than',
    },
    { name: 'connlimit-mask', parse: plen, about: 'length  of the prefix that counts as one' },
    { name: 'connlimit-saddr', excludes: ['connlimit-daddr'], about: 'by source address' },
    { name: 'connlimit-daddr', excludes: ['connlimit-saddr'], about: 'by destination address' },
  ],
  build(given, cx) {
    const upto = given.value<number>('connlimit-upto');
    const limit = upto ?? given.value<number>('connlimit-above');
    if (limit === undefined) return wrong('connlimit needs --connlimit-upto or --connlimit-above');
    const negated = given.negated('connlimit-upto') || given.negated('connlimit-above');
    return {
      limit,
      prefix: given.value<number>('connlimit-mask') ?? addressBits(cx.family),
      daddr: given.has('connlimit-daddr'),
      invert: (upto !== undefined) !== negated,
    };
  },
  save: ({ limit, prefix, daddr, invert }) =>
    `--connlimit-${invert ? 'upto' : 'above'} ${limit} --connlimit-mask ${prefix} ` +
    `--connlimit-${daddr ? 'daddr' : 'saddr'}`,
  list: ({ limit, prefix, daddr, invert }) =>
    `#conn ${daddr ? 'dst' : 'src'}/${prefix} ${invert ? '<=' : '>'} ${limit}`,
  translate({ limit, prefix, daddr, invert }, cx) {
    const bits = addressBits(cx.family);
    const set = cx.nextSet('connlimit');
    const mask = prefix === bits ? '' : ` and ${addressText(maskOf(prefix, bits / 8))}`;
    const key = `${cx.family} ${daddr ? 'daddr' : 'saddr'}${mask}`;
    const words = cx.near(
      `add @${set} { ${key} ct count ${invert ? '' : 'over '}${limit} }`,
      'the packet that ends the last connection of an address is not counted, and xt_connlimit drops it',
    );
    const type = cx.family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr';
    if (words !== undefined)
      cx.declare({ what: 'set', name: set, body: [`type ${type}`, 'flags dynamic'] });
    return words;
  },
});

// ecn: explicit congestion notification in IP and TCP (libxt_ecn.c).

import type { EcnInfo, XtTest } from '../../program/index.ts';
import {
  bang,
  defined,
  extension,
  flagOf,
  flagText,
  IP_FAMILIES,
  testOf,
  testText,
  uint,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

const NFT_ECT = ['not-ect', 'ect1', 'ect0', 'ce'] as const;

const bitText = (name: string, test: XtTest<boolean> | undefined): string =>
  test === undefined ? '' : flagText(name, test.invert);

/** What iptables-translate negates is all the flags at once. */
function bitNft(name: string, test: XtTest<boolean> | undefined, exact: boolean): string {
  if (test === undefined) return '';
  return test.invert && exact
    ? `tcp flags & ${name} == 0`
    : `tcp flags ${unequal(test.invert)}${name}`;
}

export const ecn = extension<EcnInfo>({
  kind: 'match',
  name: 'ecn',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'ecn-tcp-cwr', negatable: true, about: 'CWR of the TCP header' },
    { name: 'ecn-tcp-ece', negatable: true, about: 'ECE of the TCP header' },
    {
      name: 'ecn-ip-ect',
      parse: uint(3),
      negatable: true,
      about: '0..3  codepoint in the IP header',
    },
  ],
  build(given) {
    if (given.options.length === 0) wrong('ecn needs at least one option');
    return defined<EcnInfo>({
      ect: testOf(given, 'ecn-ip-ect'),
      ece: flagOf(given, 'ecn-tcp-ece'),
      cwr: flagOf(given, 'ecn-tcp-cwr'),
    });
  },
  save: (info) =>
    words(
      bitText('ecn-tcp-ece', info.ece),
      bitText('ecn-tcp-cwr', info.cwr),
      testText('ecn-ip-ect', info.ect, String),
    ),
  list: ({ ece, cwr, ect }) =>
    words(
      'ECN match',
      ece && `${bang(ece.invert)}ECE`,
      cwr && `${bang(cwr.invert)}CWR`,
      ect && `${bang(ect.invert)}ECT=${ect.value}`,
    ),
  translate: ({ ect, ece, cwr }, { family, exact }) =>
    words(
      bitNft('ecn', ece, exact),
      bitNft('cwr', cwr, exact),
      ect && `${family} ecn ${unequal(ect.invert)}${NFT_ECT[ect.value & 3]}`,
    ),
});

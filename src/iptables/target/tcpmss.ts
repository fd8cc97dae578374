// TCPMSS: the largest segment a SYN offers (libxt_TCPMSS.c).

import { type TcpmssTargetInfo, XT_TCPMSS_CLAMP_PMTU } from '../../program/index.ts';
import { extension, IP_FAMILIES, numberIn, wrong } from '../extension/index.ts';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

export const tcpmss = extension<TcpmssTargetInfo>({
  kind: 'target',
  name: 'TCPMSS',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'set-mss',
      parse: ([word = ''], { family }) =>
        numberIn(word, 0, 0xffff - (family === 'ip6' ? IPV6_HEADER : IPV4_HEADER)),
      about: 'number  this size, if it is smaller',
    },
    { name: 'clamp-mss-to-pmtu', about: 'what the ways there and back carry' },
  ],
  build: (given) => {
    const last = given.options.at(-1);
    if (last === undefined) return wrong('TCPMSS needs --set-mss or --clamp-mss-to-pmtu');
    return { mss: last.name === 'set-mss' ? (last.value as number) : XT_TCPMSS_CLAMP_PMTU };
  },
  save: ({ mss }) => (mss === XT_TCPMSS_CLAMP_PMTU ? '--clamp-mss-to-pmtu' : `--set-mss ${mss}`),
  list: ({ mss }) => `TCPMSS ${mss === XT_TCPMSS_CLAMP_PMTU ? 'clamp to PMTU' : `set ${mss}`}`,
  translate: ({ mss }, { near }) =>
    near(
      `tcp option maxseg size set ${mss === XT_TCPMSS_CLAMP_PMTU ? 'rt mtu' : mss}`,
      'a SYN without the option stays without it, where TCPMSS adds one',
    ),
});

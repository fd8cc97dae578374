// arpreply, dnat, snat and redirect of ebtables: other link addresses (libebt_arpreply.c, libebt_dnat.c,
// libebt_snat.c, libebt_redirect.c).

import type { EbtMacInfo, EbtRedirectInfo, EbtSnatInfo, EbtVerdict } from '../../program/index.ts';
import {
  BRIDGE,
  extension,
  mac,
  macText,
  shortMac,
  verdictOption,
  verdictText,
  words,
  wrong,
} from '../extension/index.ts';

const NONE = '000000000000';

export const ebtArpreply = extension<EbtMacInfo>({
  kind: 'target',
  name: 'arpreply',
  families: BRIDGE,
  rev: 0,
  options: [
    { name: 'arpreply-mac', parse: mac, about: 'mac  what the answer says' },
    verdictOption('arpreply-target'),
  ],
  build: (given) => ({
    mac: given.value<string>('arpreply-mac') ?? NONE,
    target: given.value<EbtVerdict>('arpreply-target') ?? 'drop',
  }),
  save: (info) =>
    words(
      `--arpreply-mac ${macText(info.mac)}`,
      info.target !== 'drop' && `--arpreply-target ${verdictText(info.target)}`,
    ),
  translate: (_, { leave }) => leave('nft makes no answers of ARP'),
});

export const ebtDnat = extension<EbtMacInfo>({
  kind: 'target',
  name: 'dnat',
  families: BRIDGE,
  rev: 0,
  options: [
    {
      name: 'to-dst',
      aliases: ['to-destination'],
      parse: mac,
      about: 'mac  new destination',
    },
    verdictOption('dnat-target'),
  ],
  build: (given) => {
    if (given.options.length === 0) return wrong('You must specify proper arguments', '--to-dst');
    return {
      mac: given.value<string>('to-dst') ?? NONE,
      target: given.value<EbtVerdict>('dnat-target') ?? 'accept',
    };
  },
  save: (info) => `--to-dst ${macText(info.mac)} --dnat-target ${verdictText(info.target)}`,
  translate: (info) => `ether daddr set ${shortMac(info.mac)} ${info.target}`,
});

export const ebtSnat = extension<EbtSnatInfo>({
  kind: 'target',
  name: 'snat',
  families: BRIDGE,
  rev: 0,
  options: [
    {
      name: 'to-src',
      aliases: ['to-source'],
      parse: mac,
      about: 'mac  new source',
    },
    verdictOption('snat-target'),
    { name: 'snat-arp', about: 'in ARP packets, too' },
  ],
  build: (given) => {
    if (given.options.length === 0) return wrong('You must specify proper arguments', '--to-src');
    return {
      mac: given.value<string>('to-src') ?? NONE,
      target: given.value<EbtVerdict>('snat-target') ?? 'accept',
      arp: given.has('snat-arp'),
    };
  },
  save: (info) =>
    words(
      `--to-src ${macText(info.mac)}`,
      info.arp && '--snat-arp',
      `--snat-target ${verdictText(info.target)}`,
    ),
  translate: (info, { leave }) =>
    info.arp
      ? leave('nft does not change what ARP says of the address')
      : `ether saddr set ${shortMac(info.mac)} ${info.target}`,
});

export const ebtRedirect = extension<EbtRedirectInfo>({
  kind: 'target',
  name: 'redirect',
  families: BRIDGE,
  rev: 0,
  options: [verdictOption('redirect-target')],
  build: (given) => ({ target: given.value<EbtVerdict>('redirect-target') ?? 'accept' }),
  save: ({ target }) => (target === 'accept' ? '' : `--redirect-target ${verdictText(target)}`),
  translate: (_, { leave }) => leave('nft does not know the address of the bridge'),
});

// TEE: a copy of the packet to another host (libxt_TEE.c).

import type { TeeInfo } from '../../program/index.ts';
import { addressText, cut, extension, host, IP_FAMILIES, words } from '../extension/index.ts';

/** IFNAMSIZ without its end. */
const NAME = 15;

export const tee = extension<TeeInfo>({
  kind: 'target',
  name: 'TEE',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    { name: 'gateway', mandatory: true, parse: host, about: 'address  host on the link' },
    { name: 'oif', parse: cut(NAME), about: 'name  interface to send it by' },
  ],
  build: (given) => ({
    gw: given.value<string>('gateway') ?? '',
    oif: given.value<string>('oif') ?? '',
  }),
  save: ({ gw, oif }) => words(`--gateway ${addressText(gw)}`, oif !== '' && `--oif ${oif}`),
  list: ({ gw, oif }) => words(`TEE gw:${addressText(gw)}`, oif !== '' && `oif=${oif}`),
  translate: ({ gw, oif }) => words(`dup to ${addressText(gw)}`, oif !== '' && `device ${oif}`),
});

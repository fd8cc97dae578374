// nfacct: counts into an accounting object, which it matches unless that is a quota (libxt_nfacct.c).

import type { NfacctInfo } from '../../program/index.ts';
import { cutLine, extension, IP_FAMILIES, savedText, wordText } from '../extension/index.ts';

/** NFACCT_NAME_MAX without its terminator. */
const MAX_NAME = 31;

export const nfacct = extension<NfacctInfo>({
  kind: 'match',
  name: 'nfacct',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'nfacct-name',
      parse: cutLine(MAX_NAME),
      mandatory: true,
      about: 'name  of an accounting object',
    },
  ],
  build: (given) => ({ name: given.value<string>('nfacct-name') ?? '' }),
  save: ({ name }) => `--nfacct-name ${wordText(name)}`,
  list: ({ name }) => `nfacct-name ${savedText(name)}`,
  translate({ name }, cx) {
    // iptables-translate knows nothing of it.
    if (!cx.exact) return undefined;
    const account = cx.account(name);
    if (account === undefined)
      return cx.leave('which accounting objects there are is told by what `nfacct list` prints');
    const { object, isShared, isNameable } = account;
    const { packets, bytes, quota } = object;
    if (!isNameable) return cx.leave(`'${name}' is no name for an object of nft`);
    if (quota?.mode === 'packet') return cx.leave('quotas of nft count bytes, and no packets');
    if (quota !== undefined && isShared)
      return cx.leave('rules of several tables share its quota, and one of nft belongs to a table');
    const counter = `counter name "${name}"`;
    const words = isShared
      ? cx.near(counter, 'rules of several tables share it, and each counts by itself')
      : counter;
    if (words === undefined) return undefined;
    cx.declare({ what: 'counter', name, body: [`packets ${packets} bytes ${bytes}`] });
    if (quota === undefined) return words;
    // nft_overquota(): over above it, as here.
    cx.declare({ what: 'quota', name, body: [`over ${quota.value} bytes used ${bytes} bytes`] });
    return `${words} quota name "${name}"`;
  },
});

// helper: the helper that announced the connection (libxt_helper.c).

import type { HelperInfo } from '../../program/index.ts';
import {
  bangWord,
  cut,
  extension,
  flagText,
  IP_FAMILIES,
  savedText,
  unequal,
} from '../extension/index.ts';

/** sizeof(struct xt_helper_info.name) without its terminator. */
const MAX_NAME = 29;

/** Names of Linux 6.18's helpers that others may begin with, with their port: `ftp-2121`. */
const HELPERS = ['amanda', 'ftp', 'irc', 'netbios-ns', 'pptp', 'sane', 'sip', 'snmp', 'tftp'];

export const helper = extension<HelperInfo>({
  kind: 'match',
  name: 'helper',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'helper',
      parse: cut(MAX_NAME),
      negatable: true,
      mandatory: true,
      about: 'name  of a helper',
    },
  ],
  build: (given) => ({
    name: given.value<string>('helper') ?? '',
    invert: given.negated('helper'),
  }),
  save: ({ name, invert }) => `${flagText('helper', invert)} ${savedText(name)}`,
  list: ({ name, invert }) => `helper match ${bangWord(invert)}"${name}"`,
  translate({ name, invert }, { exact, leave }) {
    if (!exact) return `ct helper ${unequal(invert)}"${name}"`;
    if (name === '') return leave('nft asks for a helper by its name');
    // helper_mt() compares as far as the connection's helper has a name.
    const names = HELPERS.filter((one) => name.startsWith(one) && one !== name);
    const list = [name, ...names].map((one) => `"${one}"`);
    const is = `ct helper ${list.length === 1 ? list[0] : `{ ${list.join(', ')} }`}`;
    // `!=` does not match connections without any helper.
    return invert ? { unless: [is] } : is;
  },
});

// physdev: the ports of a bridge that a packet passes (libxt_physdev.c).

import type { PhysdevInfo, XtTest } from '../../program/index.ts';
import {
  defined,
  extension,
  flagOf,
  flagText,
  IP_FAMILIES,
  testOf,
  testText,
  words,
  wordText,
  wrong,
} from '../extension/index.ts';

/** IFNAMSIZ without its terminator. */
const MAX_NAME = 15;

const interfaceName = ([word = '']: readonly string[]): string => {
  if (word === '') wrong('a device has a name');
  return word.length > MAX_NAME ? wrong(`device name "${word}" is longer than ${MAX_NAME}`) : word;
};

const flag = (name: string, test: XtTest<boolean> | undefined): string =>
  test === undefined ? '' : flagText(name, test.invert);

const save = (info: PhysdevInfo): string =>
  words(
    flag('physdev-is-in', info.isIn),
    testText('physdev-in', info.in, wordText),
    flag('physdev-is-out', info.isOut),
    testText('physdev-out', info.out, wordText),
    flag('physdev-is-bridged', info.isBridged),
  );

export const physdev = extension<PhysdevInfo>({
  kind: 'match',
  name: 'physdev',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'physdev-in',
      parse: interfaceName,
      negatable: true,
      about: 'name[+]  port it came in by',
    },
    {
      name: 'physdev-out',
      parse: interfaceName,
      negatable: true,
      about: 'name[+]  port it goes out by',
    },
    { name: 'physdev-is-in', negatable: true, about: 'it came in by a port' },
    { name: 'physdev-is-out', negatable: true, about: 'it goes out by a port' },
    { name: 'physdev-is-bridged', negatable: true, about: 'it is bridged, not routed' },
  ],
  build(given) {
    if (given.options.length === 0) wrong('physdev needs at least one option');
    return defined<PhysdevInfo>({
      in: testOf(given, 'physdev-in'),
      out: testOf(given, 'physdev-out'),
      isIn: flagOf(given, 'physdev-is-in'),
      isOut: flagOf(given, 'physdev-is-out'),
      isBridged: flagOf(given, 'physdev-is-bridged'),
    });
  },
  save,
  list: (info) => `PHYSDEV match ${save(info)}`,
  translate: (_, { leave }) =>
    leave('tables of IP in nft do not see the ports of a bridge; a table of family bridge does'),
});

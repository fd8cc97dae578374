// SET: adds the packet to a set, takes it out, or gives it what its entry says (libxt_SET.c).

import type { SetTargetInfo, XtSet } from '../../program/index.ts';
import {
  defined,
  extension,
  type Given,
  IP_FAMILIES,
  namedSet,
  type OptionSpec,
  setText,
  uint,
  words,
  wrong,
} from '../extension/index.ts';

const MAPS = ['mark', 'prio', 'queue'] as const;
const ACTIONS = ['add-set', 'del-set', 'map-set'];

/** libxt_SET.c does not look whether a `!` stands before a flag, or whether it stood there already. */
const loose = { negatable: true, multiple: true } as const;

const option = (name: string, about: string): OptionSpec => ({
  name,
  negatable: true,
  words: 2,
  parse: namedSet,
  about: `name src|dst[,src|dst...]  ${about}`,
});

function build(given: Given): SetTargetInfo {
  if (!ACTIONS.some((name) => given.has(name)))
    return wrong('SET needs --add-set, --del-set or --map-set');
  const map = MAPS.filter((what) => given.has(`map-${what}`));
  if (given.has('map-set') !== map.length > 0)
    return wrong(
      given.has('map-set')
        ? '--map-set needs --map-mark, --map-prio or --map-queue'
        : `--map-${map[0]} needs --map-set`,
    );
  for (const name of ['exist', 'timeout'])
    if (given.has(name) && !given.has('add-set')) wrong(`--${name} needs --add-set`);
  return defined<SetTargetInfo>({
    addSet: given.value<XtSet>('add-set'),
    delSet: given.value<XtSet>('del-set'),
    mapSet: given.value<XtSet>('map-set'),
    exist: given.has('exist'),
    timeout: given.value<number>('timeout'),
    map,
  });
}

const optionsText = (info: SetTargetInfo, dashes: string): string => {
  const { addSet, delSet, mapSet, exist, timeout, map } = info;
  return words(
    addSet && `${dashes}add-set ${setText(addSet)}`,
    exist && `${dashes}exist`,
    timeout !== undefined && `${dashes}timeout ${timeout}`,
    delSet && `${dashes}del-set ${setText(delSet)}`,
    mapSet && `${dashes}map-set ${setText(mapSet)}`,
    ...map.map((what) => `${dashes}map-${what}`),
  );
};

/** mtype_add() makes no hash larger for a packet (ip_set_hash_gen.h). */
function reasonOf(addSet: XtSet | undefined, delSet: XtSet | undefined): string {
  if (addSet !== undefined)
    return 'where a bucket of its hash is full ipset adds nothing, and nft does';
  if (delSet !== undefined)
    return 'a set of ipset is one for all tables, and those of nft are one each';
  return 'elements of nft say no mark, priority and queue of a packet';
}

export const set = extension<SetTargetInfo>({
  kind: 'target',
  name: 'SET',
  families: IP_FAMILIES,
  rev: 3,
  options: [
    option('add-set', 'add the packet'),
    option('del-set', 'take the packet out'),
    option('map-set', 'give the packet what its entry says'),
    { name: 'exist', ...loose, about: 'an entry that is there starts its time again' },
    {
      name: 'timeout',
      ...loose,
      parse: uint(0xffffffff - 1),
      about: 'seconds the entry stays',
    },
    ...MAPS.map((what) => ({ name: `map-${what}`, ...loose, about: `the ${what} of the entry` })),
  ],
  build,
  save: (info) => optionsText(info, '--'),
  list: (info) => optionsText(info, ''),
  translate: ({ addSet, delSet }, { leave }) => leave(reasonOf(addSet, delSet)),
});

// policy: the IPsec policy that was or will be used (libxt_policy.c).

import type { PolicyElement, PolicyInfo, XtNet, XtTest } from '../../program/index.ts';
import {
  defined,
  extension,
  type Given,
  type GivenOption,
  hexText,
  hostMask,
  IP_FAMILIES,
  netText,
  number,
  optionListed,
  testText,
  U32_MAX,
  uint,
  words,
  wrong,
} from '../extension/index.ts';

/** XT_POLICY_MAX_ELEM */
const MAX_ELEMENTS = 4;
const PROTOCOLS: Readonly<Record<string, number>> = { esp: 50, ah: 51, ipcomp: 108 };

const oneOf =
  (what: string, ...allowed: readonly string[]) =>
  ([word = '']: readonly string[]): string =>
    allowed.includes(word) ? word : wrong(`bad ${what} "${word}"`);

const protocolIn = ([word = '']: readonly string[]): number => {
  const known = PROTOCOLS[word] ?? number(word);
  return known !== undefined && Object.values(PROTOCOLS).includes(known)
    ? known
    : wrong('the protocol of a policy is ah, esp or ipcomp');
};

const protocolText = (value: number): string =>
  Object.keys(PROTOCOLS).find((name) => PROTOCOLS[name] === value) ?? `${value}`;

type Key = keyof PolicyElement;
const KEYS: Readonly<Record<string, Key>> = {
  reqid: 'reqid',
  spi: 'spi',
  proto: 'proto',
  mode: 'mode',
  'tunnel-src': 'saddr',
  'tunnel-dst': 'daddr',
};

function elementOf(options: readonly GivenOption[], isChecked: boolean): PolicyElement {
  const fields: Partial<Record<Key, XtTest<unknown>>> = {};
  for (const { name, value, negated } of options) {
    const key = KEYS[name]!;
    if (fields[key] !== undefined) wrong(`--${name} is given twice for one element`);
    fields[key] = { value, invert: negated };
  }
  const element = fields as PolicyElement;
  const tunnel = element.mode?.value === 'tunnel' && !element.mode.invert;
  if (isChecked && (element.saddr !== undefined || element.daddr !== undefined) && !tunnel)
    wrong('--tunnel-src and --tunnel-dst need --mode tunnel');
  return element;
}

/** The options of each element, parted by `--next`. */
function elementsOf(given: Given): readonly PolicyElement[] {
  const groups: GivenOption[][] = [[]];
  for (const one of given.options) {
    if (one.name === 'next') groups.push([]);
    else if (KEYS[one.name] !== undefined) groups.at(-1)!.push(one);
  }
  if (groups.length > MAX_ELEMENTS) wrong(`a policy has at most ${MAX_ELEMENTS} elements`);
  // Of no policy nothing is asked.
  const isChecked = given.value('pol') !== 'none';
  return groups.map((group) => elementOf(group, isChecked));
}

function check(info: PolicyInfo): void {
  const isEmpty = (one: PolicyElement): boolean => Object.keys(one).length === 0;
  if (info.policy === 'none') {
    if (info.strict) wrong('--strict means nothing with --pol none');
  } else if (info.strict && info.elements.some(isEmpty))
    wrong('with --strict no element may be empty');
  if (!info.strict && info.elements.length > 1) wrong('--next needs --strict');
}

const elementText = (one: PolicyElement): string =>
  words(
    testText('reqid', one.reqid, String),
    testText('spi', one.spi, (spi) => hexText(spi)),
    testText('proto', one.proto, protocolText),
    testText('mode', one.mode, String),
    testText<XtNet>('tunnel-dst', one.daddr, netText),
    testText<XtNet>('tunnel-src', one.saddr, netText),
  );

const NEGATABLE = { negatable: true, multiple: true } as const;

const elementListed = (one: PolicyElement, numeric: boolean): string =>
  words(
    optionListed('reqid', one.reqid, String),
    optionListed('spi', one.spi, (spi) => hexText(spi)),
    optionListed('proto', one.proto, numeric ? String : protocolText),
    optionListed('mode', one.mode, String),
    optionListed<XtNet>('tunnel-dst', one.daddr, netText),
    optionListed<XtNet>('tunnel-src', one.saddr, netText),
  );

export const policy = extension<PolicyInfo>({
  kind: 'match',
  name: 'policy',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'dir',
      parse: oneOf('direction', 'in', 'out'),
      mandatory: true,
      about: 'in|out  of the packet',
    },
    { name: 'pol', parse: oneOf('policy', 'ipsec', 'none'), about: 'none|ipsec' },
    { name: 'strict', about: 'all elements in their order' },
    { name: 'reqid', parse: uint(U32_MAX), ...NEGATABLE, about: 'number' },
    { name: 'spi', parse: uint(U32_MAX), ...NEGATABLE, about: 'number' },
    { name: 'proto', parse: protocolIn, ...NEGATABLE, about: 'ah|esp|ipcomp' },
    {
      name: 'mode',
      parse: oneOf('mode', 'transport', 'tunnel'),
      ...NEGATABLE,
      about: 'transport|tunnel',
    },
    { name: 'tunnel-src', parse: hostMask, ...NEGATABLE, about: 'address[/mask]' },
    { name: 'tunnel-dst', parse: hostMask, ...NEGATABLE, about: 'address[/mask]' },
    { name: 'next', multiple: true, about: 'the next element begins' },
  ],
  build(given) {
    const info = defined<PolicyInfo>({
      direction: given.value('dir'),
      policy: given.value<PolicyInfo['policy']>('pol') ?? 'ipsec',
      strict: given.has('strict'),
      elements: elementsOf(given),
    });
    check(info);
    return info;
  },
  save: ({ direction, policy: pol, strict, elements }) =>
    words(
      `--dir ${direction} --pol ${pol}`,
      strict && '--strict',
      pol === 'ipsec' && elements.map(elementText).join(' --next '),
    ),
  list: ({ direction, policy: pol, strict, elements }, { numeric }) =>
    words(
      `policy match dir ${direction} pol ${pol}`,
      strict && 'strict',
      ...(pol === 'none' ? [] : elements).map((one, i) =>
        words(elements.length > 1 && `[${i}]`, elementListed(one, numeric)),
      ),
    ),
  translate({ direction, policy: pol, elements }, { exact, leave }) {
    const plain = elements.every((one) => Object.keys(one).length === 0);
    if (!plain) return leave('nft asks of one transformation at its place, policy of any');
    if (direction === 'out' && !exact) return undefined;
    const key = direction === 'in' ? 'meta secpath' : 'rt ipsec';
    return `${key} ${pol === 'ipsec' ? 'exists' : 'missing'}`;
  },
});

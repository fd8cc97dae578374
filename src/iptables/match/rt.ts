// rt: the routing header (libip6t_rt.c).

import type { RtInfo, XtRange } from '../../program/index.ts';
import {
  addressHex,
  addressText,
  defined,
  extension,
  type Given,
  headerLengthNft,
  numbersListed,
  rangeFlag,
  rangeTestNft,
  testListed,
  testNft,
  testOf,
  testText,
  U32_MAX,
  uint,
  uintRange,
  words,
  wrong,
} from '../extension/index.ts';

/** IP6T_RT_HOPS */
const MAX_ADDRESSES = 16;

const addressesIn = ([list = '']: readonly string[]): readonly string[] => {
  const addresses = list
    .split(',')
    .map((one) => addressHex(one, 'ip6') ?? wrong(`bad address "${one}"`));
  return addresses.length > MAX_ADDRESSES
    ? wrong(`more than ${MAX_ADDRESSES} addresses`)
    : addresses;
};

/** Reserved bits and addresses are those of type 0. */
function checkType(given: Given): void {
  const type = testOf<number>(given, 'rt-type');
  const zero = type?.value === 0 && !type.invert;
  for (const name of ['rt-0-res', 'rt-0-addrs', 'rt-0-not-strict'])
    if (given.has(name) && !zero) wrong(`--${name} needs --rt-type 0`);
  const names = given.options.map(({ name }) => name);
  const loose = names.indexOf('rt-0-not-strict');
  if (loose >= 0 && !names.slice(0, loose).includes('rt-0-addrs'))
    wrong('--rt-0-not-strict needs --rt-0-addrs before it');
}

/** The field has eight bits: nft refuses what is beyond them. */
const inOctet = (test: RtInfo['segsleft']): RtInfo['segsleft'] =>
  test && {
    ...test,
    value: { min: Math.min(test.value.min, 0xff), max: Math.min(test.value.max, 0xff) },
  };

export const rt = extension<RtInfo>({
  kind: 'match',
  name: 'rt',
  families: ['ip6'],
  rev: 0,
  options: [
    { name: 'rt-type', parse: uint(U32_MAX), negatable: true, about: 'number  type of the header' },
    {
      name: 'rt-segsleft',
      parse: uintRange(U32_MAX),
      negatable: true,
      about: 'number[:number]  segments that are left',
    },
    { name: 'rt-len', parse: uint(U32_MAX), negatable: true, about: 'length  bytes of the header' },
    { name: 'rt-0-res', about: 'the reserved field is zero' },
    {
      name: 'rt-0-addrs',
      parse: addressesIn,
      about: 'address[,address...]  addresses in their order',
    },
    { name: 'rt-0-not-strict', needs: ['rt-0-addrs'], about: 'others may stand between them' },
  ],
  build(given) {
    checkType(given);
    return defined<RtInfo>({
      type: testOf(given, 'rt-type'),
      segsleft: testOf<XtRange>(given, 'rt-segsleft'),
      len: testOf(given, 'rt-len'),
      res: given.has('rt-0-res'),
      addresses: given.value<readonly string[]>('rt-0-addrs') ?? [],
      addressesGiven: given.has('rt-0-addrs'),
      notStrict: given.has('rt-0-not-strict'),
    });
  },
  save: (info) =>
    words(
      testText('rt-type', info.type, String),
      info.segsleft && rangeFlag('rt-segsleft', info.segsleft.value, info.segsleft.invert, U32_MAX),
      testText('rt-len', info.len, String),
      info.res && '--rt-0-res',
      info.addressesGiven && `--rt-0-addrs ${info.addresses.map(addressText).join(',')}`,
      info.notStrict && '--rt-0-not-strict',
    ),
  list: (info) =>
    words(
      'rt',
      testListed('type', info.type),
      info.segsleft && numbersListed('segsleft', info.segsleft.value, info.segsleft.invert),
      testListed('length', info.len),
      info.res && 'reserved',
      info.addressesGiven && `0-addrs ${info.addresses.map(addressText).join(',')}`,
      info.notStrict && '0-not-strict',
    ),
  translate(info, { exact, leave }) {
    if (info.res) return leave('nft has no field for the reserved word');
    if (info.addressesGiven) return leave('nft does not look at lists of addresses');
    const { segsleft } = info;
    const anySegments =
      segsleft?.value.min === 0 && segsleft.value.max === U32_MAX && !segsleft.invert;
    const text = words(
      testNft('rt type', info.type),
      !anySegments && rangeTestNft('rt seg-left', exact ? inOctet(segsleft) : segsleft),
      exact && info.len !== undefined
        ? headerLengthNft('rt', info.len, { unit: 8, first: 1 })
        : testNft('rt hdrlength', info.len),
    );
    return text === '' ? 'exthdr rt exists' : text;
  },
});

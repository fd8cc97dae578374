// devgroup: the group of the devices (libxt_devgroup.c).

import type { DevgroupInfo, XtMasked, XtTest } from '../../program/index.ts';
import {
  defined,
  extension,
  type Given,
  IP_FAMILIES,
  type MarkMask,
  maskedNft,
  maskedText,
  namedMask,
  optionListed,
  testText,
  words,
  wrong,
} from '../extension/index.ts';

function groupOf(given: Given, name: string): XtTest<XtMasked> | undefined {
  const group = given.value<MarkMask>(name);
  if (group === undefined) return undefined;
  return { value: { value: group.mark, mask: group.mask }, invert: given.negated(name) };
}

const groupText = ({ value, mask }: XtMasked): string => maskedText(value, mask);

const groupNft = (key: string, test: XtTest<XtMasked> | undefined): string =>
  test === undefined ? '' : `${key} ${maskedNft(test.value.value, test.value.mask, test.invert)}`;

export const devgroup = extension<DevgroupInfo>({
  kind: 'match',
  name: 'devgroup',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'src-group',
      parse: namedMask('devgroup'),
      negatable: true,
      about: 'value[/mask]  group of the input device',
    },
    {
      name: 'dst-group',
      parse: namedMask('devgroup'),
      negatable: true,
      about: 'value[/mask]  group of the output device',
    },
  ],
  build(given) {
    if (given.options.length === 0) wrong('devgroup needs --src-group or --dst-group');
    return defined<DevgroupInfo>({
      src: groupOf(given, 'src-group'),
      dst: groupOf(given, 'dst-group'),
    });
  },
  save: (info) =>
    words(testText('src-group', info.src, groupText), testText('dst-group', info.dst, groupText)),
  list: (info) =>
    words(
      optionListed('src-group', info.src, groupText),
      optionListed('dst-group', info.dst, groupText),
    ),
  translate: (info) => words(groupNft('iifgroup', info.src), groupNft('oifgroup', info.dst)),
});

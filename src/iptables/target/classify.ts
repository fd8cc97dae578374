// CLASSIFY: the traffic class of the packet, for queueing disciplines (libxt_CLASSIFY.c).

import type { ClassifyInfo } from '../../program/index.ts';
import { extension, wrong } from '../extension/index.ts';

/** sscanf("%x:%x"): what follows the second number is not looked at. */
const CLASS = /^\s*(?:0x)?([0-9a-f]+):\s*(?:0x)?([0-9a-f]+)/i;

/** TC_H_MAKE() */
function classOf(word: string): number {
  const [, major, minor] = CLASS.exec(word) ?? [];
  if (major === undefined || minor === undefined) return wrong(`bad class value "${word}"`);
  const high = Number.parseInt(major, 16) & 0xffff;
  return ((high << 16) | (Number.parseInt(minor, 16) & 0xffff)) >>> 0;
}

const halves = (priority: number, digits: number): string =>
  [priority >>> 16, priority & 0xffff].map((n) => n.toString(16).padStart(digits, '0')).join(':');

/** TC_H_ROOT and TC_H_UNSPEC have names. */
function nftClass(priority: number): string {
  if (priority === 0xffffffff) return 'root';
  return priority === 0 ? 'none' : halves(priority, 1);
}

export const classify = extension<ClassifyInfo>({
  kind: 'target',
  name: 'CLASSIFY',
  families: ['ip', 'ip6', 'arp'],
  rev: 0,
  options: [
    {
      name: 'set-class',
      mandatory: true,
      parse: ([word = '']) => classOf(word),
      about: 'major:minor  class, in hexadecimal',
    },
  ],
  build: (given) => ({ priority: given.value<number>('set-class') ?? 0 }),
  save: ({ priority }, { family }) => `--set-class ${halves(priority, family === 'arp' ? 1 : 4)}`,
  list: ({ priority }) => `CLASSIFY set ${halves(priority, 1)}`,
  translate: ({ priority }) => `meta priority set ${nftClass(priority)}`,
});

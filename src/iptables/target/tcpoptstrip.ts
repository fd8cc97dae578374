// TCPOPTSTRIP: blanks TCP options (libxt_TCPOPTSTRIP.c).

import type { TcpoptstripInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, number, wrong } from '../extension/index.ts';

const NAMES: Readonly<Record<string, number>> = {
  wscale: 3,
  mss: 2,
  'sack-permitted': 4,
  sack: 5,
  timestamp: 8,
  md5: 19,
};

function optionOf(word: string): number {
  const kind = NAMES[word] ?? number(word);
  if (kind === undefined || kind > 0xff) return wrong(`bad TCP option "${word}"`);
  // End of options and no operation are padding.
  return kind < 2 ? wrong('options 0 and 1 cannot be stripped') : kind;
}

function optionsOf(list: string): readonly number[] {
  const kinds = list.split(',').map(optionOf);
  const twice = kinds.find((kind, i) => kinds.indexOf(kind) !== i);
  if (twice !== undefined) return wrong(`option ${twice} stands there twice`);
  return kinds.sort((a, b) => a - b);
}

const nameOf = (kind: number): string =>
  Object.keys(NAMES).find((name) => NAMES[name] === kind) ?? `${kind}`;

export const tcpoptstrip = extension<TcpoptstripInfo>({
  kind: 'target',
  name: 'TCPOPTSTRIP',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'strip-options',
      parse: ([word = '']) => optionsOf(word),
      about: `option[,option...]  numbers, or ${Object.keys(NAMES).join(', ')}`,
    },
  ],
  build: (given) => ({ options: given.value<readonly number[]>('strip-options') ?? [] }),
  save: ({ options }) => (options.length === 0 ? '' : `--strip-options ${options.join(',')}`),
  translate: ({ options }, { exact, near }) =>
    exact
      ? near(
          options.map((kind) => `reset tcp option ${kind}`).join(' '),
          'of an option that stands there twice the second one stays',
        )
      : undefined,
  list: ({ options }, { numeric }) =>
    options.length === 0
      ? ''
      : `TCPOPTSTRIP options ${options.map((kind) => (numeric ? `${kind}` : nameOf(kind))).join(',')}`,
});

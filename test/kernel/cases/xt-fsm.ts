// Patterns of fsm (lib/ts_fsm.c): tokens of four bytes, a type in the host's order, how often, and a value.

import type { Case } from '../case.ts';
import { pieces } from './crafted.ts';
import { at, both, lan } from './words.ts';
import { counting, tool } from './xt-words.ts';

const ANY = 2;
const MULTI = 3;
const PERHAPS = 1;
const HEAD_IGNORE = 4;

const hex = (value: number): string => value.toString(16).padStart(2, '0');
const token = (type: number, recur = 0, value = 0): string =>
  `${hex(type)}00${hex(recur)}${hex(value)}`;
const bytes = (text: string): string => [...text].map((c) => token(0, 0, c.charCodeAt(0))).join('');
const fsm = (pattern: string, more = ''): string =>
  `-m string --algo fsm --hex-string "|${pattern}|"${more}`;

/** What each type takes: one byte of it, alone in the payload. */
const types = (from: number): string[] =>
  Array.from({ length: 14 }, (_, type) => fsm(token(type, 0, 0x41), ` --from ${from}`));

const recurrences = (from: number): string[] => [
  fsm(bytes('GET'), ` --from ${from}`),
  fsm(token(1, HEAD_IGNORE) + bytes('GET') + token(1, ANY)),
  fsm(token(1, HEAD_IGNORE) + bytes('GET')),
  fsm(token(4, HEAD_IGNORE) + bytes('GET') + token(1, ANY), ` --from ${from}`),
  fsm(token(2, MULTI) + bytes('GET') + token(1, MULTI), ` --from ${from}`),
  fsm(token(2, ANY) + bytes('GET') + token(13, PERHAPS), ` --from ${from}`),
  fsm(token(1, HEAD_IGNORE) + bytes('GET') + token(1, ANY), ` --from ${from} --to ${from + 15}`),
  fsm(token(1, HEAD_IGNORE) + bytes('GET') + token(1, ANY), ` --from ${from} --to ${from + 16}`),
  // Behind the end the kernel reads the packet from its beginning.
  fsm(token(7, PERHAPS) + token(6, PERHAPS), ` --from ${from}`),
  fsm(bytes('G') + token(1, PERHAPS) + token(1, ANY) + bytes('T'), ` --from ${from}`),
];

const found = both((l3, h) => {
  const from = l3 === 'ip' ? 28 : 48;
  const udp = (data: string): string => `udp ${at(h.client, 1)} > ${at(h.server, 2)} ${data}`;
  const single = [
    '00',
    '09',
    '20',
    '31',
    '41',
    '46',
    '47',
    '61',
    '67',
    '7f',
    'a0',
    'd7',
    'df',
    'e9',
  ];
  const texts = ['GET', '12GET', '12GET ', 'xxGET / HTTP', '12GET/GET', 'GE', 'G', 'GxxxT', 'GT'];
  return {
    name: 'xt: string, patterns of fsm',
    xtables: { [tool(l3)]: counting([...types(from), ...recurrences(from)]) },
    steps: [...single.map((data) => `hex ${data}`), ...texts.map((text) => `data "${text}"`)].map(
      (data) => lan(udp(data)),
    ),
  };
});

const put: Case = {
  name: 'xt: string, patterns of fsm in a packet put together from fragments',
  xtables: {
    iptables: [
      '-A FORWARD -m conntrack --ctstate NEW',
      ...counting(recurrences(28), '-A FORWARD').split('\n'),
      ...[30, 44, 45].map(
        (to) => `-A FORWARD ${fsm(bytes('GET') + token(1, PERHAPS), ` --from 41 --to ${to + 20}`)}`,
      ),
    ].join('\n'),
  },
  steps: [
    ...pieces('udp 10.0.0.2:1 > 192.0.2.2:2 data "xxxxxxxxxxxxxGET xxxxxxxxxx"', [0, 16, 24]),
    ...pieces('udp 10.0.0.2:3 > 192.0.2.2:4 data "xxxxxxxxxxxxxGET"', [0, 16]),
  ],
  chance: ['fragid'],
};

const refused = both((l3) => ({
  name: 'xt: string, what is no pattern of fsm',
  xtables: { [tool(l3)]: `-A FORWARD ${fsm(token(13, MULTI))}` },
  steps: [
    fsm(token(14)),
    fsm('00010000'),
    fsm(token(1, 5)),
    fsm(token(1, HEAD_IGNORE)),
    fsm(token(1) + token(1, HEAD_IGNORE) + token(1)),
    fsm('010000'),
    fsm(token(1), ' --icase'),
    '-m string --algo fsm --string GET',
  ].map((match) => ({ run: `${tool(l3)} -A FORWARD ${match}`, refused: true })),
}));

export const xtFsm: readonly Case[] = [...found, put, ...refused];

// ECN: bits of explicit congestion notification in IPv4 and TCP headers (libipt_ECN.c).

import type { EcnTargetInfo } from '../../program/index.ts';
import { extension, type Given, uint, words, wrong } from '../extension/index.ts';

/** IPT_ECN_OP_* */
const SET_IP = 0x01;
const SET_ECE = 0x10;
const SET_CWR = 0x20;
const REMOVE = SET_ECE | SET_CWR;

const BIT: Readonly<Record<string, number>> = {
  'ecn-tcp-ece': SET_ECE,
  'ecn-tcp-cwr': SET_CWR,
  'ecn-ip-ect': SET_IP,
};

/** In the order given: --ecn-tcp-remove forgets what stands before it. */
function build(given: Given): EcnTargetInfo {
  let operation = 0;
  for (const { name } of given.options)
    operation = name === 'ecn-tcp-remove' ? REMOVE : operation | BIT[name]!;
  if (operation === 0) return wrong('ECN needs an operation, e.g. --ecn-tcp-remove');
  const [ece, cwr, ipEct] = Object.entries(BIT).map(([name, bit]) =>
    (operation & bit) !== 0 ? (given.value<number>(name) ?? 0) : 0,
  );
  return { operation, ipEct: ipEct!, ece: ece!, cwr: cwr! };
}

function save({ operation, ipEct, ece, cwr }: EcnTargetInfo): string {
  if (operation === REMOVE && ece === 0 && cwr === 0) return '--ecn-tcp-remove';
  return words(
    (operation & SET_ECE) !== 0 && `--ecn-tcp-ece ${ece}`,
    (operation & SET_CWR) !== 0 && `--ecn-tcp-cwr ${cwr}`,
    (operation & SET_IP) !== 0 && `--ecn-ip-ect ${ipEct}`,
  );
}

export const ecn = extension<EcnTargetInfo>({
  kind: 'target',
  name: 'ECN',
  families: ['ip'],
  rev: 0,
  options: [
    {
      name: 'ecn-tcp-remove',
      excludes: ['ecn-tcp-cwr', 'ecn-tcp-ece'],
      about: 'clear both bits in the TCP header',
    },
    { name: 'ecn-tcp-cwr', parse: uint(1), excludes: ['ecn-tcp-remove'], about: '0|1' },
    { name: 'ecn-tcp-ece', parse: uint(1), excludes: ['ecn-tcp-remove'], about: '0|1' },
    { name: 'ecn-ip-ect', parse: uint(3), about: '0..3  code point in the IPv4 header' },
  ],
  build,
  save,
  translate({ operation, ipEct }, { exact, leave }) {
    if (!exact) return undefined;
    if ((operation & REMOVE) !== 0)
      return leave('nft before 1.1 does not change single flags of TCP');
    return `ip ecn set ${ipEct}`;
  },
  list: ({ operation, ipEct, ece, cwr }) => {
    if (operation === REMOVE && ece === 0 && cwr === 0) return 'ECN TCP remove';
    return words(
      'ECN',
      (operation & SET_ECE) !== 0 && `ECE=${ece}`,
      (operation & SET_CWR) !== 0 && `CWR=${cwr}`,
      (operation & SET_IP) !== 0 && `ECT codepoint=${ipEct}`,
    );
  },
});

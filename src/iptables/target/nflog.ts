// NFLOG: a record for a program that listens to the group (libxt_NFLOG.c). iptables-nft makes it
// nf_tables' own `log`.

import type { LogExpr, NflogInfo } from '../../program/index.ts';
import {
  cutLine,
  extension,
  IP_FAMILIES,
  prefixText,
  savedText,
  uint,
  words,
} from '../extension/index.ts';

/** NF_LOG_PREFIXLEN without its end. */
const PREFIX = 127;

function lower({ group, len, size, threshold, prefix }: NflogInfo): readonly LogExpr[] {
  return [
    {
      kind: 'log',
      group,
      ...(prefix === '' ? {} : { prefix }),
      ...(size ? { snaplen: len } : {}),
      ...(threshold === 0 ? {} : { qthreshold: threshold }),
    },
  ];
}

function infoOf({ group = 0, snaplen, qthreshold = 0, prefix = '' }: LogExpr): NflogInfo {
  return { group, len: snaplen ?? 0, size: snaplen !== undefined, threshold: qthreshold, prefix };
}

export const nflog = extension<NflogInfo>({
  kind: 'target',
  name: 'NFLOG',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'nflog-group', parse: uint(0xffff), about: 'number  who listens' },
    { name: 'nflog-prefix', parse: cutLine(PREFIX), about: 'text at the head of the record' },
    {
      name: 'nflog-range',
      parse: uint(0xffffffff),
      excludes: ['nflog-size'],
      about: 'number  without effect, --nflog-size is meant',
    },
    {
      name: 'nflog-size',
      parse: uint(0xffffffff),
      excludes: ['nflog-range'],
      about: 'bytes of the packet that are copied',
    },
    { name: 'nflog-threshold', parse: uint(0xffff), about: 'records that are sent together' },
  ],
  build: (given, cx) => {
    if (given.has('nflog-range'))
      cx.warn('--nflog-range never had an effect and is left out; --nflog-size has one');
    return {
      group: given.value<number>('nflog-group') ?? 0,
      len: given.value<number>('nflog-size') ?? 0,
      size: given.has('nflog-size'),
      threshold: given.value<number>('nflog-threshold') ?? 0,
      prefix: given.value<string>('nflog-prefix') ?? '',
    };
  },
  save: ({ group, len, size, threshold, prefix }) =>
    words(
      prefix !== '' && `--nflog-prefix ${savedText(prefix)}`,
      group !== 0 && `--nflog-group ${group}`,
      size && `--nflog-size ${len}`,
      threshold !== 0 && `--nflog-threshold ${threshold}`,
    ),
  list: ({ group, len, size, threshold, prefix }) =>
    words(
      prefix !== '' && `nflog-prefix ${savedText(prefix)}`,
      group !== 0 && `nflog-group ${group}`,
      size && `nflog-size ${len}`,
      threshold !== 0 && `nflog-threshold ${threshold}`,
    ),
  translate: ({ group, len, size, threshold, prefix }, { exact, leave }) => {
    const head = prefixText(prefix, exact);
    if (head === undefined) return leave('nft holds no quotes and no $ in a prefix');
    const wait = threshold !== 0 && `queue-threshold ${threshold}`;
    return words('log', head, size && `snaplen ${len}`, wait, `group ${group}`);
  },
  native: {
    lower,
    raise: (exprs, at) => {
      const expr = exprs[at];
      if (expr?.kind !== 'log' || expr.group === undefined) return undefined;
      return expr.flags === undefined ? { info: infoOf(expr), end: at + 1 } : undefined;
    },
  },
});

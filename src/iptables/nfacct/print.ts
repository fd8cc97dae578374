// Accounting objects as libnetfilter_acct 1.0.3 writes them (nfacct_snprintf()), to the byte.

import type { AcctObject } from '../../program/index.ts';

export type AcctForm = 'plain' | 'xml' | 'json';

const DIGITS = 20;
const padded = (value: string): string => value.padStart(DIGITS, '0');

function plain({ name, packets, bytes, quota }: AcctObject): string {
  const limited =
    quota === undefined
      ? ''
      : `, quota = ${padded(quota.value)}, mode = ${quota.mode}, overquota = ${quota.over ? 'yes' : 'no'}`;
  return `{ pkts = ${padded(packets)}, bytes = ${padded(bytes)}${limited} } = ${name};`;
}

/** It has no quotas. */
const xml = ({ name, packets, bytes }: AcctObject): string =>
  `<obj><name>${name}</name><pkts>${padded(packets)}</pkts><bytes>${padded(bytes)}</bytes></obj>`;

/** Two of its colons are equals signs. */
function json({ name, packets, bytes, quota }: AcctObject): string {
  const limited =
    quota === undefined
      ? ''
      : `"quota" : ${quota.value}, "mode" = "${quota.mode}", "overquota" = ${quota.over ? 1 : 0}, `;
  return `  { "pkts" : ${packets}, "bytes" : ${bytes}, ${limited}"name" : "${name}" }`;
}

/** A listing; none of the forms has anything to say of no objects. @param seconds of now, since 1970 */
export function acctListText(
  objects: readonly AcctObject[],
  form: AcctForm,
  seconds: number,
): string {
  if (objects.length === 0) return '';
  if (form === 'plain') return objects.map((one) => `${plain(one)}\n`).join('');
  if (form === 'json')
    return `{ "timestamp" : ${seconds}, \n  "nfacct_counters" : [\n${objects.map(json).join(',\n')}\n] }\n`;
  const lines = objects.map((one) => `${xml(one)}\n`).join('');
  return `<?xml version="1.0" encoding="utf-8"?>\n<nfacct>\n${lines}</nfacct>\n`;
}

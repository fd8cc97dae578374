// Names of connection labels, connlabel.conf(5) as libnetfilter_conntrack reads it.

/** Where the library looks. */
export const LABEL_FILE = '/etc/xtables/connlabel.conf';

export interface Labels {
  bitOf(name: string): number | undefined;
  nameOf(bit: number): string | undefined;
}

const LAST_BIT = 127;

/** What is said where there is no file. */
export const NO_LABELS = 'nfct_labelmap_new: No such file or directory\n';

/** Lines `bit name`; comments begin with #, and the first name of a bit counts. */
export function readLabels(text: string | undefined): Labels {
  const byName = new Map<string, number>();
  const byBit = new Map<number, string>();
  for (const line of (text ?? '').split('\n')) {
    const found = /^\s*(\d+)\s+(\S+)/.exec(line);
    if (found === null) continue;
    const [, digits = '', name = ''] = found;
    const bit = Number(digits);
    if (bit > LAST_BIT || byBit.has(bit) || byName.has(name)) continue;
    byName.set(name, bit);
    byBit.set(bit, name);
  }
  return {
    bitOf: (name) => byName.get(name),
    nameOf: (bit) => byBit.get(bit),
  };
}

// The sysctls of connection tracking: the kernel's names, and its values where nobody set any.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONNTRACK_SYSCTLS } from '../../src/conntrack/index.ts';
import { loadLibc, Namespace } from '../../src/linux/index.ts';
import { command } from './command.ts';
import { missing } from './needs.ts';

const FOLDER = '/proc/sys/net/netfilter';
/** Not of connection tracking, or what it shows and nobody sets. */
const OTHERS = /^nf_(log|hooks)|^nf_conntrack_count$/;

async function fresh<T>(read: () => T): Promise<T> {
  const name = `slsysctl${process.pid}`;
  command('ip', ['netns', 'add', name]);
  const namespace = new Namespace(await loadLibc(), name);
  try {
    return namespace.run(read);
  } finally {
    namespace.close();
    command('ip', ['netns', 'del', name]);
  }
}

test.skipIf(missing() !== undefined)(
  `sysctls of connection tracking are the kernel's${missing() ? ` (${missing()})` : ''}`,
  async () => {
    const kernel = await fresh(() =>
      readdirSync(FOLDER)
        .filter((name) => !OTHERS.test(name))
        .map((name) => [
          `net.netfilter.${name}`,
          Number(readFileSync(`${FOLDER}/${name}`, 'utf8')),
        ]),
    );
    // The machine's memory decides how large the table is.
    const ofMachine = /_(max|buckets)$|expect_max/;
    const usual = (list: readonly (readonly (string | number)[])[]): string[] =>
      list.map(([name, value]) => `${name} ${ofMachine.test(String(name)) ? '' : value}`).sort();
    expect(usual([...CONNTRACK_SYSCTLS])).toEqual(usual(kernel));
  },
);

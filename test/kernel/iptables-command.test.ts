// `sluice iptables` and its kin beside the real ones (1.8.9, nf_tables): the same commands, one
// after another, end with the same exit status, print the same and leave the same rules.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { testHost } from '../../src/cli/test-host.ts';
import { shellWords } from '../shell-words.ts';
import { missing } from './needs.ts';

const SCRIPT = `
iptables -N mine
iptables -N mine
iptables -N -- -x
iptables -A INPUT -s 10.0.0.1 -i eth0 -p tcp -j mine
iptables -A INPUT ! -s 10.0.0.0/255.0.255.0 ! -p udp -f -j ACCEPT
iptables -A FORWARD -i eth+ ! -o eth1 -d 192.0.2.0/24 -j DROP
iptables -A FORWARD -s 1.1.1.1,2.2.2.2 -d 3.3.3.3/31 -j RETURN
iptables -I FORWARD -s 4.4.4.4,5.5.5.5
iptables -I FORWARD 2 -p icmp -g mine
iptables -A mine -p 253 -c 10 2000
iptables -A mine -m comment --comment "two words" -j DROP
iptables -S
iptables -vS FORWARD
iptables -L -n -v --line-numbers
iptables -L -n -x -v FORWARD
iptables -L
iptables -n -L mine 1
iptables -S mine 2
iptables-save
iptables-save -c -t filter
iptables -X mine
iptables -D INPUT 3
iptables -D INPUT 1
iptables -D INPUT 9
iptables -R FORWARD 1 -j ACCEPT
iptables -R FORWARD 99 -j ACCEPT
iptables -D FORWARD -s 1.1.1.1 -d 3.3.3.3/31 -j RETURN
iptables -D FORWARD -s 1.1.1.1 -d 3.3.3.3/31 -j RETURN
iptables -C FORWARD -j ACCEPT
iptables -C FORWARD -j DROP
iptables -E mine yours
iptables -E nope other
iptables -E yours yours
iptables -P FORWARD DROP
iptables -P yours DROP
iptables -P FORWARD MAYBE
iptables -Z
iptables -Z yours
iptables -t mangle -A PREROUTING -s 10.0.0.0/8
iptables -t nat -P OUTPUT ACCEPT
iptables -t raw -F
iptables -t nope -L
iptables -A INPUT -n -j DROP
iptables -A INPUT -j DROP -j ACCEPT
iptables -A INPUT stray
iptables -A INPUT --unknown
iptables -A INPUT -m unknown
iptables -A INPUT -j UNKNOWN
iptables -L -s 1.2.3.4
iptables
iptables-save -c
iptables -F
iptables -X
iptables-save
ip6tables -A INPUT -s 2001:db8::/33 ! -d ::1 -p ipv6-icmp -j ACCEPT
ip6tables -A OUTPUT -s 1::2/ffff::ffff
ip6tables -A INPUT -s 1.2.3.4
ip6tables -S
ip6tables -L -n -v
ip6tables-save -c
arptables -A INPUT -s 10.0.0.0/8 --src-mac 00:01:02:03:04:05 --opcode 1 -j DROP
arptables -A OUTPUT ! -d 1.2.3.4 --proto-type 0x800
arptables -L
arptables -L -n -v
arptables-save
ebtables -A FORWARD -p 0x1234 -s 00:11:22:33:44:55 -d Broadcast -j DROP
ebtables -A FORWARD -p LENGTH -i eth+ -o eth1
ebtables -A INPUT --logical-out br0
ebtables -N chain
ebtables -A FORWARD -j chain
ebtables -L
ebtables -L --Lc --Ln
ebtables-save
`;

/** Dates and versions are nobody's business; 1.8.9 shows protocols as numbers where later ones name them. */
function comparable(text: string): string {
  return (
    text
      .replace(/^# .*\n/gm, '')
      .replace(/v1\.8\.\d+ \((?:nf_tables|sluice)\)/g, 'VERSION')
      // 1.8.9 has no dot behind the numbers of ebtables.
      .replace(/^(\d+)\. (?=[!-])/gm, '$1 ')
      .replace(
        /^((?:\d+ +)?(?: *\d+ +\d+ )?\S* +[ !])(?:tcp|udp|icmp|ipv6-icmp|all|\d+) +(--|-f|!f) /gm,
        '$1P $2 ',
      )
  );
}

const lines = SCRIPT.split('\n').filter((line) => line !== '');
const reason = missing();

describe.skipIf(reason !== undefined)(
  `iptables and sluice iptables${reason ? ` (${reason})` : ''}`,
  () => {
    const namespace = `sliptc${process.pid}`;
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'sluice-xt-'));
      spawnSync('ip', ['netns', 'add', namespace]);
    });
    afterAll(() => {
      spawnSync('ip', ['netns', 'del', namespace]);
      rmSync(folder, { recursive: true, force: true });
    });

    function real(line: string): { code: number | null; out: string } {
      const [tool = '', ...args] = shellWords(line);
      const program = tool.replace(/^(\w+)/, '$1-nft');
      const done = spawnSync('ip', ['netns', 'exec', namespace, program, ...args], {
        encoding: 'utf8',
      });
      return { code: done.status, out: done.stdout };
    }

    async function ours(line: string): Promise<{ code: number; out: string }> {
      const host = testHost({ env: { SLUICE_STATE: join(folder, 'state.json') } });
      const code = await run(shellWords(line), host);
      return { code, out: host.stdout() };
    }

    test('a script of commands, each with the same answer', { timeout: 120_000 }, async () => {
      const differences: string[] = [];
      for (const line of lines) {
        const [want, got] = [real(line), await ours(line)];
        if (want.code !== got.code)
          differences.push(`${line}: exit ${want.code}, here ${got.code}`);
        const [a, b] = [comparable(want.out), comparable(got.out)];
        if (a !== b) differences.push(`${line}\n--- real\n${a}--- here\n${b}`);
      }
      expect(differences.join('\n')).toBe('');
    });
  },
);

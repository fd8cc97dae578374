// `sluice nfct` beside nfct(8): the same commands, one after another, give the same output, the same messages
// and the same exit status. This kernel has no helpers in user space, so of those only what nfct itself says.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nfct } from '../../src/cli/commands/nfct.ts';
import { type Outcome, openPair, type Pair } from './conntrack/pair.ts';
import { missing } from './needs.ts';

const reason = missing();

const SCRIPT: readonly string[] = `
list timeout
list
list foo
foo timeout
foo bar
timeout foo
x version
help foo
add timeout
add timeout x inet
add timeout x foo tcp
add timeout x inet foo
add timeout x inet 17 replied 5
add timeout x inet tcp
add timeout x inet tcp established
add timeout x inet tcp foo 10
add timeout x inet tcp syn_sent 1 extra
add timeout averyveryverylongnamethatexceeds inet tcp close 1
add timeout averyveryverylongnamethatexceed inet tcp close 1
add timeout tcp1 inet tcp established 100 close 10
add timeout tcp1 inet tcp established 5
add timeout tcp1 inet udp replied 5
add timeout all inet tcp syn_sent 1 SYN_RECV 2 Established 3 fin_wait 4 close_wait 5 last_ack 6 time_wait 7 close 8 syn_sent2 9 retrans 10 unacknowledged 11
add timeout u inet udp unreplied 5 replied 6
add timeout u6 inet6 udplite unreplied 5
add timeout i inet icmp timeout 5 timeout 6
add timeout i6 inet icmpv6 timeout 5
add timeout g inet generic timeout 5
add timeout g47 inet gre replied 5
add timeout s inet6 sctp established 5 shutdown_ack_sent 4
add timeout d inet dccp open 5
add timeout n inet udp replied abc
add timeout m inet udp replied -1
add timeout o inet udp replied 5000000000
add timeout p inet udp replied 12x
list timeout
list timeout x
l t
get timeout
get timeout s
get timeout s u
ge tim nope
timeout get tcp1
default-get
default-get timeout
default-get timeout inet
default-get timeout foo tcp
default-get timeout inet foo
default-get timeout inet tcp
default-get timeout inet6 tcp extra
default-get timeout inet udp
default-get timeout inet udplite
default-get timeout inet icmp
default-get timeout inet6 icmpv6
default-get timeout inet generic
default-get timeout inet gre
default-get timeout inet sctp
default-get timeout inet dccp
default-set timeout inet
default-set timeout inet udp
default-set timeout inet udp foo 3
default-set timeout inet dccp open 3
default-set timeout inet tcp established 77 syn_sent2 8
default-set timeout inet udp unreplied 9
default timeout inet icmp timeout 8
default-get timeout inet tcp
default-get timeout inet6 udplite
default-get timeout inet icmp
add timeout later inet tcp close 4
get timeout later
delete timeout
delete timeout nope
delete timeout u x
delete timeout u
d timeout tcp1
list timeout
flush timeout x
flush timeout
list timeout
disable timeout x
add helper
add helper x foo tcp
add helper x inet foo
add helper x inet tcp
add helper ftp inet udp
delete helper
delete helper a b c d
get helper
get helper ftp foo tcp
get helper ftp inet foo
disable helper
disable helper x inet tcp
default-set helper
list helper x
flush helper x`
  .trim()
  .split('\n');

const plain = ({ status, out, err }: Outcome): Outcome => {
  const version = (text: string): string => text.replaceAll(/v1\.4\.\d+/g, 'vN');
  return { status, out: version(out), err: version(err) };
};

describe.skipIf(reason !== undefined)(`nfct and sluice nfct${reason ? ` (${reason})` : ''}`, () => {
  let pair: Pair;
  beforeAll(() => {
    pair = openPair('slnf', 'nfct', nfct);
  });
  afterAll(() => pair.close());

  test('a script of commands, each with the same answer', { timeout: 120_000 }, async () => {
    for (const line of SCRIPT) {
      const words = line.split(' ');
      expect({ line, ...plain(await pair.ours(words)) }).toEqual({
        line,
        ...plain(pair.real(words)),
      });
    }
  });
});

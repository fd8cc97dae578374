// Tables and what they hold, as `nft list` of nftables 1.1 says them.

import { describe, expect, test } from 'vitest';
import { decompile, listChain, listObject, listRuleset, listSet, listTable } from './index.ts';
import { programOf, relist } from './test-support.ts';

const inTable = (body: string): string => `table inet t {\n${body}\n}\n`;

const EVERYTHING = inTable(`\tcomment "all of it"
	counter hits {
		packets 3 bytes 4
	}

	quota cap {
		over 25 mbytes used 1 kbytes
	}

	ct helper ftp-std {
		type "ftp" protocol tcp
		l3proto ip
	}

	limit slow {
		rate 5/minute
	}

	synproxy syn {
		mss 1460
		wscale 7
		timestamp sack-perm
	}

	set hosts {
		type ipv4_addr
		size 100	# count 2
		flags interval,timeout
		auto-merge
		timeout 1h
		gc-interval 5m
		elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 timeout 5m comment "few" }
	}

	set meters {
		typeof ip saddr . tcp dport
		size 65535
		flags dynamic
		counter
	}

	map ports {
		type inet_service : verdict
		elements = { 22 : accept,
			     80 : jump web }
	}

	map counters {
		type ipv4_addr : counter
		elements = { 10.0.0.1 : "hits" }
	}

	flowtable fast {
		hook ingress priority filter
		devices = { "eth0", "eth1" }
	}

	chain web {
	}

	chain in {
		comment "the way in"
		type filter hook input priority filter; policy drop;
		counter name "hits" limit name "slow" ip saddr @hosts accept
		add @meters { ip saddr . tcp dport limit rate 5/second burst 5 packets }
		counter name ip saddr map @counters tcp dport vmap @ports
	}`);

test('a listing of everything compiles to what lists the same', () => {
  const once = relist(EVERYTHING);
  expect(relist(once)).toBe(once);
});

test('a listing of everything says it as it was said', () => {
  expect(relist(EVERYTHING).split('\n')).toEqual(EVERYTHING.split('\n'));
});

describe('part of a table is listed inside it', () => {
  const { tables } = programOf(EVERYTHING);
  const table = tables[0]!;

  test('a chain', () => {
    expect(listChain(table, 'web')).toBe('table inet t {\n\tchain web {\n\t}\n}\n');
  });

  test('a map', () => {
    expect(listSet(table, 'counters')).toBe(
      inTable(
        '\tmap counters {\n\t\ttype ipv4_addr : counter\n\t\telements = { 10.0.0.1 : "hits" }\n\t}',
      ),
    );
  });

  test('an object', () => {
    expect(listObject(table, 'counter', 'hits')).toBe(
      inTable('\tcounter hits {\n\t\tpackets 3 bytes 4\n\t}'),
    );
  });

  test('a table of several', () => {
    const two = programOf('table ip a { }\ntable ip6 b { }');
    expect(two.tables.map((t) => listTable(t)).join('')).toBe(listRuleset(two));
    expect(listTable(two.tables[1]!)).toBe('table ip6 b {\n}\n');
  });
});

describe('options', () => {
  const chain = (line: string, head = 'priority filter'): string =>
    inTable(`\tchain c {\n\t\ttype filter hook input ${head}; policy accept;\n\t\t${line}\n\t}`);

  test('handles stand behind what has them', () => {
    expect(relist(chain('accept'), { handles: true })).toContain('\t\taccept # handle 1\n');
  });

  test('a stateless listing counts nothing', () => {
    const text = chain('counter packets 3 bytes 4 quota over 5 bytes used 3 bytes');
    expect(relist(text, { stateless: true })).toBe(chain('counter quota over 5 bytes'));
  });

  test('a terse listing leaves the elements out', () => {
    const text = inTable('\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 1.2.3.4 }\n\t}');
    expect(relist(text, { terse: true })).toBe(inTable('\tset s {\n\t\ttype ipv4_addr\n\t}'));
  });

  test('anonymous sets keep their elements in a terse listing', () => {
    const text = chain('tcp dport { 22, 80 }');
    expect(relist(text, { terse: true })).toBe(text);
  });

  test('priorities are numbers', () => {
    const text = chain('accept', 'priority filter + 5');
    expect(relist(text, { numericPriority: true })).toBe(chain('accept', 'priority 5'));
  });

  test('protocols are numbers', () => {
    const text = chain('meta l4proto tcp accept');
    expect(relist(text, { numericProtocol: true })).toBe(chain('meta l4proto 6 accept'));
  });

  test('ports have service names', () => {
    const text = chain('tcp dport { 22, 443 } tcp sport 1-22');
    const named = chain('tcp dport { "ssh", "https" } tcp sport 1-22');
    expect(relist(text, { services: true })).toBe(named);
  });

  test('users have names where someone knows them', () => {
    const names = { user: (uid: number) => (uid === 0 ? 'root' : undefined) };
    const text = chain('meta skuid { 0, 1000 }');
    expect(relist(text, { users: true, names })).toBe(chain('meta skuid { "root", 1000 }'));
    expect(relist(text, { names })).toBe(text);
  });

  test('addresses have host names where someone knows them', () => {
    const names = { host: (ip: string) => (ip === '192.0.2.1' ? 'www.example' : undefined) };
    const text = chain('ip saddr { 192.0.2.1, 192.0.2.2 }');
    expect(relist(text, { reverseDns: true, names })).toBe(
      chain('ip saddr { "www.example", 192.0.2.2 }'),
    );
  });

  test('interfaces have names where someone knows them', () => {
    const names = { interface: (index: number) => (index === 7 ? 'eth7' : undefined) };
    expect(relist(chain('iif 7 oif 8'), { names })).toBe(chain('iif "eth7" oif 8'));
  });
});

test('a decompiled program has a command for each table', () => {
  const commands = decompile(programOf('table ip a { chain c { } }\ntable ip6 b { }'));
  expect(commands.map(({ kind, object }) => [kind, object.kind])).toEqual([
    ['add', 'table'],
    ['add', 'table'],
  ]);
});

describe('long lists of elements', () => {
  const set = (type: string, elements: string): string =>
    inTable(`\tset s {\n\t\ttype ${type}\n\t\telements = { ${elements} }\n\t}`);
  const INDENT = ',\n\t\t\t     ';

  test('five ports a line', () => {
    expect(relist(set('inet_service', '1, 2, 3, 4, 5, 6'))).toBe(
      set('inet_service', `1, 2, 3, 4, 5${INDENT}6`),
    );
  });

  test('two addresses a line', () => {
    expect(relist(set('ipv4_addr', '1.1.1.1, 2.2.2.2, 3.3.3.3'))).toBe(
      set('ipv4_addr', `1.1.1.1, 2.2.2.2${INDENT}3.3.3.3`),
    );
  });

  test('one address of IPv6 a line', () => {
    expect(relist(set('ipv6_addr', '::1, ::2'))).toBe(set('ipv6_addr', `::1${INDENT}::2`));
  });
});

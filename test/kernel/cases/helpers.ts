// Helpers: what control connections announce, what of that is RELATED, and what NAT writes into them.

import type { Case, Step } from '../case.ts';
import { Session } from './session.ts';
import { at, both, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };

const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;
const SERVICE = { ip: '10.0.0.1', ip6: '2001:db8::1' } as const;

/** Assigns a helper to a port, and lets in what is related. */
export const helped = (
  type: string,
  protocol: 'tcp' | 'udp',
  port: number,
  more = '',
): string => `table inet helping {
  ct helper h { type "${type}" protocol ${protocol}; }
  chain prerouting {
    type filter hook prerouting priority filter; policy accept;
    ${protocol} dport ${port} ct helper set "h"
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established counter accept
    ct state related ct helper "${type}" counter ct mark set 7 accept
    ${protocol} dport ${port} ct mark set 5 counter accept
  }
}
${more}`;

export const snat = (l3: L3): string => `table ${l3} nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "eth1" snat to ${PUBLIC[l3]}
  }
}
`;

/** The client asks the router's address and gets to the server. */
export const dnat = (
  l3: L3,
  protocol: string,
  port: number,
  server: string,
): string => `table ${l3} nat {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "eth0" ${protocol} dport ${port} dnat to ${server}
  }
}
`;

const ftp = (more = ''): string => helped('ftp', 'tcp', 21, more);
const comma = (address: string, port: number): string =>
  `${address.replaceAll('.', ',')},${port >> 8},${port & 255}`;
const active = (l3: L3, address: string, port: number): string =>
  l3 === 'ip' ? `PORT ${comma(address, port)}\r\n` : `EPRT |2|${address}|${port}|\r\n`;
const passive = (l3: L3, address: string, port: number): string =>
  l3 === 'ip'
    ? `227 Entering Passive Mode (${comma(address, port)}).\r\n`
    : `229 Entering Extended Passive Mode (|||${port}|)\r\n`;

const passively: Case[] = both((l3, h) => {
  const s = new Session({ client: h.client, server: h.server, serverPort: 21 });
  return {
    name: 'FTP: a passive data connection is related, once',
    ruleset: ftp(),
    steps: [
      ...s.open(),
      s.server('220 ready\r\n'),
      s.client(l3 === 'ip' ? 'PASV\r\n' : 'EPSV\r\n'),
      s.server(passive(l3, h.server, 5001)),
      look,
      lan(`tcp ${at(h.client, 40001)} > ${at(h.server, 5002)} syn seq 1`),
      lan(`tcp ${at(h.client, 40001)} > ${at(h.server, 5001)} syn seq 1`),
      look,
      entries,
      lan(`tcp ${at(h.client, 40002)} > ${at(h.server, 5001)} syn seq 1`),
      wan(`tcp ${at(h.server, 5001)} > ${at(h.client, 40001)} syn,ack seq 9 ack 2`),
    ],
  };
});

const actively: Case[] = both((l3, h) => {
  const s = new Session({ client: h.client, server: h.server, serverPort: 21 });
  return {
    name: 'FTP: an active data connection comes back to the client',
    ruleset: ftp(),
    steps: [
      ...s.open(),
      s.server('220 ready\r\n'),
      s.client('TYPE I\r\n'),
      s.server('200 ok\r\n'),
      s.client(active(l3, h.client, 4321)),
      look,
      wan(`tcp ${at(h.server, 20)} > ${at(h.client, 4321)} syn seq 1`),
      entries,
    ],
  };
});

const translated: Case[] = [
  ...both((l3, h) => {
    const s = new Session({
      client: h.client,
      server: h.server,
      seenClient: PUBLIC[l3],
      serverPort: 21,
    });
    const grown = l3 === 'ip' ? 1 : 26;
    return {
      name: 'FTP through SNAT: the command is rewritten, all numbers behind it move',
      ruleset: ftp(snat(l3)),
      steps: [
        ...s.open(),
        s.server('220 ready\r\n'),
        s.client('NOOP\r\n'),
        s.server('200 ok\r\n'),
        s.client(active(l3, h.client, 4321), grown),
        look,
        s.serverAck(),
        s.server('200 PORT ok\r\n'),
        s.clientAck(),
        s.client('LIST\r\n'),
        s.serverAck('nop nop sack 1000-1030'),
        wan(`tcp ${at(h.server, 20)} > ${at(PUBLIC[l3], 4321)} syn seq 1`),
        entries,
        lan(`tcp ${at(h.client, 4321)} > ${at(h.server, 20)} syn,ack seq 9 ack 2`),
        wan(`tcp ${at(h.server, 20)} > ${at(PUBLIC[l3], 4321)} ack seq 2 ack 10`),
        s.client(active(l3, h.client, 4322), grown),
        s.server('200 PORT ok\r\n'),
        s.client('LIST again\r\n'),
        s.serverAck(),
      ],
    };
  }),
  ...both((l3, h) => {
    const s = new Session({
      client: h.client,
      server: h.server,
      seenServer: SERVICE[l3],
      serverPort: 21,
    });
    return {
      name: 'FTP through DNAT: the reply names the address the client knows',
      ruleset: ftp(dnat(l3, 'tcp', 21, h.server)),
      steps: [
        ...s.open(),
        s.server('220 ready\r\n'),
        s.client('PASV\r\n'),
        s.server(passive(l3, h.server, 5001), l3 === 'ip' ? -1 : 0),
        look,
        lan(`tcp ${at(h.client, 40001)} > ${at(SERVICE[l3], 5001)} syn seq 1`),
        entries,
        wan(`tcp ${at(h.server, 5001)} > ${at(h.client, 40001)} syn,ack seq 9 ack 2`),
        s.client('RETR x\r\n'),
        s.server('150 here it comes\r\n'),
        s.clientAck(),
      ],
    };
  }),
  ...both((l3, h) => {
    const one = new Session({
      client: h.client,
      server: h.server,
      seenClient: PUBLIC[l3],
      serverPort: 21,
    });
    const two = new Session({
      client: h.other,
      server: h.server,
      seenClient: PUBLIC[l3],
      clientPort: 40001,
      serverPort: 21,
    });
    return {
      name: 'FTP through SNAT: two clients with one port get two',
      ruleset: ftp(snat(l3)),
      chance: ['port'],
      steps: [one, two].flatMap((s) => [
        ...s.open(),
        s.server('220 ready\r\n'),
        s.client('NOOP\r\n'),
      ]),
    };
  }),
];

/** What a client says when it has been greeted, and what comes of it. */
const said = (name: string, lines: readonly string[], l3: L3 = 'ip'): Case => {
  const h = l3 === 'ip' ? ['10.0.0.2', '192.0.2.2'] : ['2001:db8::2', '2001:db8:1::2'];
  const s = new Session({ client: h[0]!, server: h[1]!, serverPort: 21 });
  return {
    name: `FTP: ${name}`,
    ruleset: ftp(),
    steps: [
      ...s.open(),
      s.server('220 ready\r\n'),
      s.client('NOOP\r\n'),
      ...lines.flatMap((line) => [s.client(line), look]),
    ],
  };
};

const answered = (name: string, lines: readonly string[]): Case => {
  const s = new Session({ client: '10.0.0.2', server: '192.0.2.2', serverPort: 21 });
  return {
    name: `FTP: ${name}`,
    ruleset: ftp(),
    steps: [
      ...s.open(),
      s.server('220 ready\r\n'),
      ...lines.flatMap((line) => [s.server(line), look]),
    ],
  };
};

const odd: Case[] = [
  said('a port at another address is not opened', [
    'PORT 10,0,0,3,1,2\r\n',
    'PORT 192,0,2,1,1,2\r\n',
  ]),
  said('half a command is dropped', ['PORT 10,0,0,2,1']),
  said('the beginning of a command word is dropped', ['PO']),
  said('numbers that are too many', ['PORT 10,0,0,2,1,2,3\r\n']),
  said('words instead of numbers', ['PORT ten,0,0,2,1,2\r\n']),
  said('a number above 255 carries over', ['PORT 10,0,0,2,257,2\r\n']),
  said('lower case', ['port 10,0,0,2,1,2\r\n']),
  said('a command behind another in one segment', ['NOOP\r\nPORT 10,0,0,2,1,2\r\n']),
  said('a command before another in one segment', ['PORT 10,0,0,2,1,2\r\nNOOP\r\n']),
  said('a command that does not begin a line', ['XX', 'PORT 10,0,0,2,1,2\r\n']),
  said('two commands in two lines, the second takes the place of the first', [
    'PORT 10,0,0,2,1,2\r\n',
    'PORT 10,0,0,2,1,3\r\n',
  ]),
  said('the same command twice', ['PORT 10,0,0,2,1,2\r\n', 'PORT 10,0,0,2,1,2\r\n']),
  said('EPRT with another delimiter', ['EPRT !1!10.0.0.2!1234!\r\n']),
  said('EPRT of the other family', ['EPRT |2|2001:db8::2|1234|\r\n']),
  said('EPRT with port 0', ['EPRT |1|10.0.0.2|0|\r\n']),
  said('EPRT in IPv6 with the other family', ['EPRT |1|10.0.0.2|1234|\r\n'], 'ip6'),
  said('EPRT in IPv6 at another address', ['EPRT |2|2001:db8::3|1234|\r\n'], 'ip6'),
  said('EPRT whose delimiter is a digit', ['EPRT 11110.0.0.2112341\r\n']),
  answered('227 without brackets', ['227 Entering 192,0,2,2,19,137\r\n']),
  answered('227 with words before the numbers', ['227 =192,0,2,2,19,137\r\n']),
  answered('227 at another address', ['227 Entering (192,0,2,3,19,137)\r\n']),
  answered('227 without numbers', ['227 Entering\r\n']),
  answered('229 without brackets', ['229 Entering |||5001|\r\n']),
  answered('229 with port 0', ['229 Entering (|||0|)\r\n']),
  answered('229 cut short', ['229 Entering (|||50']),
];

export const helpers: Case[] = [...passively, ...actively, ...translated, ...odd];

/** In a zone of its own; the second control connection, in another one, expects the same. */
const zones = `table inet zones {
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    tcp sport 21 tcp dport 40000 ct zone set 5
    tcp dport 21 tcp sport 40000 ct zone set 5
    tcp dport { 21, 5001 } tcp sport 40001 ct zone set 6
    tcp sport 21 tcp dport 40001 ct zone set 6
    tcp dport 5001 tcp sport 40002 ct zone set 5
  }
}
`;

const announcing = (more: string): string => `table inet announcing {
  ct expectation e { protocol tcp; dport 9876; timeout 2s; size 1; l3proto ip; }
  chain prerouting {
    type filter hook prerouting priority filter; policy accept;
    tcp dport 80 counter ct expectation set "e" counter
    ct state related counter
    ${more}
  }
}
`;

const beside: Case[] = [
  ...both((l3, h) => {
    const s = new Session({ client: h.client, server: h.server, serverPort: 21 });
    return {
      name: 'FTP: an expectation is of its connection’s zone',
      ruleset: ftp(zones),
      steps: [
        ...s.open(),
        s.server('220 ready\r\n'),
        s.client(l3 === 'ip' ? 'PASV\r\n' : 'EPSV\r\n'),
        s.server(passive(l3, h.server, 5001)),
        look,
        lan(`tcp ${at(h.client, 40001)} > ${at(h.server, 5001)} syn seq 1`),
        lan(`tcp ${at(h.client, 40002)} > ${at(h.server, 5001)} syn seq 1`),
        entries,
      ],
    };
  }),
  {
    name: 'ct expectation: the other side may come back to the port',
    ruleset: announcing(''),
    steps: [
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 syn seq 1'),
      look,
      wan('tcp 192.0.2.2:2000 > 10.0.0.2:9876 syn seq 1'),
      look,
      entries,
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 syn seq 1'),
      look,
    ],
  },
  {
    name: 'ct expectation: two connections that expect the same, the second is dropped',
    ruleset: announcing(''),
    steps: [
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 syn seq 1'),
      lan('tcp 10.0.0.2:1001 > 192.0.2.2:80 syn seq 1'),
      lan('tcp 10.0.0.3:1001 > 192.0.2.2:80 syn seq 1'),
      look,
    ],
  },
  ...both((_, h) => ({
    name: 'ct helper: one of IPv4 alone is given to nobody else',
    ruleset: helped('irc', 'tcp', 6667).replace(
      'ct state established counter',
      'ct status & 0x2000 != 0 counter\n    ct state established counter',
    ),
    steps: new Session({ client: h.client, server: h.server, serverPort: 6667 }).open(),
  })),
  {
    name: 'ct helper: one that nobody has is refused',
    ruleset: announcing(''),
    steps: [
      {
        nft: 'add ct helper inet announcing h { type "nonsense" protocol tcp; }',
        refused: true,
      },
      {
        nft: 'add ct helper inet announcing h { type "ftp" protocol udp; }',
        refused: true,
      },
      { nft: 'add ct helper inet announcing h { type "ftp" protocol tcp; }' },
    ],
  },
];

export const expectations: Case[] = beside;

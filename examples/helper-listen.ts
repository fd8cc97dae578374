// A helper for a protocol of one's own. A client that is to be called back says where it waits:
//
//     LISTEN 10.0.0.2 4000
//
// The helper expects that connection, and rewrites the line where the client is behind NAT.

import { defineHelper } from '../src/helpers/index.ts';
import { openLab } from '../src/lab/index.ts';
import { renderTrace } from '../src/trace/index.ts';

export const listen = defineHelper({
  name: 'listen',
  protocol: 'tcp',
  expect: { callback: { max: 2, timeout: 60 } },
  state: { announced: 0 },
  client: [
    {
      pattern: /^LISTEN (?<address>\S+) (?<port>\d+)\r\n/m,
      found(match) {
        // Whoever could name any address would open the firewall towards it.
        if (match.groups['address'] !== match.sender) return;
        const port = match.expect('callback', { port: Number(match.groups['port']) });
        if (port === 0) return match.drop('no port is free');
        match.state.announced++;
        match.replace('address', match.seenAs);
        match.replace('port', port);
      },
    },
  ],
});

const lab = openLab({
  helpers: [listen],
  ruleset: `table ip office {
    ct helper listening { type "listen" protocol tcp; }
    chain prerouting { type filter hook prerouting priority 0; tcp dport 700 ct helper set "listening" }
    chain forward {
      type filter hook forward priority 0; policy drop;
      ct state established,related accept
      iifname "lan" accept
    }
    chain postrouting { type nat hook postrouting priority 100; oifname "wan" snat to 192.0.2.1 }
  }`,
  network: {
    interfaces: [
      { name: 'lan', addresses: ['10.0.0.1/24'] },
      { name: 'wan', addresses: ['192.0.2.1/24'] },
    ],
    sysctl: { 'net.ipv4.ip_forward': 1 },
  },
});

const [there, back] = ['10.0.0.2:40000 > 192.0.2.7:700', '192.0.2.7:700 > 192.0.2.1:40000'];
for (const packet of [
  `tcp ${there} syn seq 1000, in lan`,
  `tcp ${back} syn,ack seq 5000 ack 1001, in wan`,
  `tcp ${there} ack seq 1001 ack 5001, in lan`,
])
  lab.send(packet);
const [said] = lab.send(
  `tcp ${there} psh,ack seq 1001 ack 5001 data "LISTEN 10.0.0.2 4000\\r\\n", in lan`,
);
const [called] = lab.send('tcp 192.0.2.7:2000 > 192.0.2.1:4000 syn seq 1, in wan');
for (const trace of [said, called]) if (trace) console.log(renderTrace(trace));

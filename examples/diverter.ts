// A program that answers for every address and every port breaks as soon as both are diverted: the
// client asks 203.0.113.9:45678, and 10.0.0.1 answers. Why, and what helps? (docs/divert.md tells the story.)
//
// REDIRECT sends every address here. Nothing listens on most ports, so what comes in for 45678 is turned
// to 1337 on its way in, and turned back on its way out: by a program behind a queue, or by two rules.
import { openLab } from '../src/lab/index.ts';
import { renderTrace } from '../src/trace/index.ts';

/** Turned back at `priority` of the output hook: -150 is the table mangle, -300 the table raw. */
const diverter = (priority: number): string => `
table ip nat { chain prerouting { type nat hook prerouting priority dstnat; iif eth0 redirect; } }
table ip ports {
  chain in { type filter hook input priority mangle; tcp dport 45678 tcp dport set 1337; }
  chain out { type route hook output priority ${priority}; tcp sport 1337 tcp sport set 45678; }
}`;

for (const priority of [-150, -300]) {
  const lab = openLab({
    ruleset: diverter(priority),
    network: {
      interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'], arp: 'static' }],
      sockets: [{ protocol: 'tcp', port: 1337 }],
    },
  });
  console.log(`── turned back at priority ${priority} ──\n`);
  lab.send('tcp 10.0.0.2:40000 > 203.0.113.9:45678 syn, in eth0');
  const [reply] = lab.send('tcp 10.0.0.1:1337 > 10.0.0.2:40000 syn ack, out');
  if (reply) console.log(renderTrace(reply));
}

// What will this firewall do to these packets, and why?
import { openLab } from '../src/lab/index.ts';
import { renderTrace } from '../src/trace/index.ts';

const lab = openLab({
  ruleset: `table inet filter { chain input {
    type filter hook input priority 0; policy drop;
    ct state established accept
    tcp dport 22 ip saddr 10.0.0.0/24 accept
  } }`,
  network: { interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }] },
});
const [ssh] = lab.send('tcp 10.0.0.2:40000 > 10.0.0.1:22 syn, in eth0');
const [web] = lab.send('tcp 10.0.0.2:40001 > 10.0.0.1:80 syn, in eth0');
for (const trace of [ssh, web]) if (trace) console.log(renderTrace(trace));

// A rule is added while a download runs, and the download goes on: its connection is in a flow table, and
// packets of a flow meet no rule.
import { openLab } from '../src/lab/index.ts';
import { renderTrace } from '../src/trace/index.ts';

const lab = openLab({
  ruleset: `table inet filter {
    flowtable fast { hook ingress priority filter; devices = { lan, wan }; }
    chain forward {
      type filter hook forward priority filter; policy drop;
      ct state established flow add @fast
      ct state established,related accept
      iifname "lan" accept
    }
  }
  table ip nat { chain postrouting { type nat hook postrouting priority srcnat; oifname "wan" masquerade; } }`,
  network: {
    interfaces: [
      { name: 'lan', addresses: ['10.0.0.1/24'], arp: 'static' },
      { name: 'wan', addresses: ['192.0.2.1/24'], arp: 'static' },
    ],
    sysctl: { 'net.ipv4.ip_forward': 1 },
  },
});

const send = (packet: string, show = true): void => {
  const [trace] = lab.send(packet);
  if (show && trace !== undefined) console.log(renderTrace(trace));
};

send('tcp 10.0.0.2:40000 > 192.0.2.9:80 syn seq 1, in lan', false);
send('tcp 192.0.2.9:80 > 192.0.2.1:40000 syn ack seq 1 ack 2, in wan', false);
send('tcp 10.0.0.2:40000 > 192.0.2.9:80 ack seq 2 ack 2, in lan');

// From now on nobody may talk to that server …
lab.change('insert rule inet filter forward ip saddr 192.0.2.9 drop');
// … but who does already.
send('tcp 192.0.2.9:80 > 192.0.2.1:40000 ack seq 2 ack 2 data "still here", in wan');
console.log(lab.firewall.conntrack.describe(1));

// The flow ends when nothing was said for 30 seconds; what comes then meets the rule.
lab.advance(31);
send('tcp 192.0.2.9:80 > 192.0.2.1:40000 ack seq 12 ack 2 data "not now", in wan');

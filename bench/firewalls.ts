// Restore files of ten thousand rules, of three kinds: what a generator of address lists writes, what
// kube-proxy writes, and what people write, where hardly a line is like another one.

const file = (tables: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(tables)
    .map(([name, lines]) => `${[`*${name}`, ...lines, 'COMMIT'].join('\n')}\n`)
    .join('');

const base = (...names: readonly string[]): string[] =>
  names.map((name) => `:${name} ACCEPT [0:0]`);
const chains = (names: readonly string[]): string[] => names.map((name) => `:${name} - [0:0]`);

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Ten thousand lines that differ in an address, an interface, a port and a comment. */
export function addressList(n: number): string {
  const names = range(100).map((i) => `chain${i}`);
  const lines = range(n).map(
    (i) =>
      `-A chain${i % 100} -s 10.${(i >> 8) & 255}.${i & 255}.0/24 -i eth${i % 4} -p tcp -m tcp --dport ${1 + (i % 60000)} -m conntrack --ctstate NEW -m comment --comment "rule ${i}" -j ACCEPT`,
  );
  return file({ filter: [...base('INPUT'), ...chains(names), ...lines] });
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Sixteen characters as of a hash (a linear congruential generator, Knuth's constants). */
function hashName(prefix: string, n: number): string {
  let state = n >>> 0;
  const letters = range(16).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return LETTERS[state >>> 27];
  });
  return prefix + letters.join('');
}

interface Service {
  readonly chain: string;
  readonly address: string;
  readonly name: string;
  readonly pods: readonly { readonly chain: string; readonly address: string }[];
}

const service = (i: number): Service => ({
  chain: hashName('KUBE-SVC-', i),
  address: `10.96.${i >> 8}.${i & 255}`,
  name: `team${i % 20}/service-${i}:http`,
  pods: [0, 1].map((k) => ({
    chain: hashName('KUBE-SEP-', 2 * i + k + 1_000_000),
    address: `10.244.${i >> 7}.${(i & 127) * 2 + k}`,
  })),
});

function serviceRules({ chain, address, name, pods }: Service): string[] {
  const [first, second] = pods;
  const said = `-m comment --comment "${name}`;
  return [
    `-A ${chain} ! -s 10.244.0.0/16 -d ${address}/32 -p tcp ${said} cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    `-A ${chain} ${said} -> ${first!.address}:8080" -m statistic --mode random --probability 0.50000000000 -j ${first!.chain}`,
    `-A ${chain} ${said} -> ${second!.address}:8080" -j ${second!.chain}`,
    ...pods.flatMap((pod) => [
      `-A ${pod.chain} -s ${pod.address}/32 ${said}" -j KUBE-MARK-MASQ`,
      `-A ${pod.chain} -p tcp ${said}" -m tcp -j DNAT --to-destination ${pod.address}:8080`,
    ]),
  ];
}

/** As kube-proxy writes it: eight rules and three chains for a service with two pods. */
export function kubeProxy(n: number): string {
  const services = range(n / 8).map(service);
  const names = services.flatMap(({ chain, pods }) => [chain, ...pods.map((pod) => pod.chain)]);
  return file({
    filter: base('INPUT', 'FORWARD', 'OUTPUT'),
    nat: [
      ...base('PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'),
      ...chains(['KUBE-SERVICES', 'KUBE-MARK-MASQ', ...names]),
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
      ...services.map(
        ({ chain, address, name }) =>
          `-A KUBE-SERVICES -d ${address}/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j ${chain}`,
      ),
      ...services.flatMap(serviceRules),
    ],
  });
}

/** What people write; numbers stand for what differs. */
const BY_HAND: readonly ((i: number) => string)[] = [
  (i) =>
    `-m limit --limit ${1 + (i % 50)}/min --limit-burst ${5 + (i % 90)} -j LOG --log-prefix "[fw ${i}] " --log-level 4`,
  (i) =>
    `-p tcp -m multiport --dports ${i + 1},${i + 20},${i + 400} -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT`,
  (i) =>
    `-p tcp -m tcp --dport ${i + 1} --tcp-flags FIN,SYN,RST,ACK SYN -m connlimit --connlimit-above ${2 + i} --connlimit-mask 24 -j REJECT --reject-with tcp-reset`,
  (i) =>
    `-p udp -m udp --sport ${i}:${i + 60} -m hashlimit --hashlimit-upto ${1 + i}/sec --hashlimit-mode srcip --hashlimit-name h${i} -j ACCEPT`,
  (i) =>
    `-p tcp -m tcp --dport 22 -m recent --update --seconds ${10 + i} --hitcount ${1 + (i % 20)} --name ssh${i} --rsource -j DROP`,
  (i) => `-m iprange --src-range 10.${i & 255}.0.1-10.${i & 255}.1.${i % 250} -j RETURN`,
  (i) => `-p icmp -m icmp --icmp-type ${i % 19} -m length --length ${i}:${i + 100} -j ACCEPT`,
  (i) =>
    `-s 10.${(i >> 8) & 255}.${i & 255}.7/32 -m mac --mac-source 02:00:00:00:${hexByte(i >> 8)}:${hexByte(i)} -j ACCEPT`,
  (i) => `-m mark --mark 0x${i.toString(16)}/0xffff -m addrtype --dst-type LOCAL -j ACCEPT`,
  (i) => `-m string --string "host-${i}.example" --algo bm --to ${600 + i} -j DROP`,
  (i) =>
    `-m time --timestart 0${i % 10}:15:00 --timestop 17:${10 + (i % 50)}:00 --weekdays Mon,Tue,Wed -j ACCEPT`,
  (i) => `-p tcp -m tcp --dport ${i + 1} -m ttl --ttl-gt ${i % 250} -j ACCEPT`,
  (i) =>
    `-m dscp --dscp 0x${(i & 63).toString(16).padStart(2, '0')} -m comment --comment "ticket ${i}: voice" -j ACCEPT`,
  (i) => `-d 192.0.2.${i & 255}/32 -j NFLOG --nflog-group ${i & 1023} --nflog-prefix "drop ${i}"`,
  (i) => `-m quota --quota ${1_000_000 + i} -j ACCEPT`,
  (i) => `-p esp -m esp --espspi ${i}:${i + 9} -m pkttype --pkt-type unicast -j ACCEPT`,
];

const hexByte = (n: number): string => (n & 255).toString(16).padStart(2, '0');

/** Sixteen kinds of lines in turn, in forty chains. */
export function byHand(n: number): string {
  const names = range(40).map((i) => `zone-${i}`);
  const lines = range(n).map((i) => `-A zone-${i % 40} ${BY_HAND[i % BY_HAND.length]!(i >> 4)}`);
  return file({ filter: [...base('INPUT', 'FORWARD', 'OUTPUT'), ...chains(names), ...lines] });
}

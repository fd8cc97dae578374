// Ethertypes by name, as ebtables has them (/etc/ethertypes, xt_ethertypes of libxtables).

const NAMES: readonly (readonly [string, number])[] = [
  ['IPv4', 0x0800],
  ['X25', 0x0805],
  ['ARP', 0x0806],
  ['FR_ARP', 0x0808],
  ['BPQ', 0x08ff],
  ['TRILL', 0x22f3],
  ['L2-IS-IS', 0x22f4],
  ['DEC', 0x6000],
  ['DNA_DL', 0x6001],
  ['DNA_RC', 0x6002],
  ['DNA_RT', 0x6003],
  ['LAT', 0x6004],
  ['DIAG', 0x6005],
  ['CUST', 0x6006],
  ['SCA', 0x6007],
  ['TEB', 0x6558],
  ['RAW_FR', 0x6559],
  ['RARP', 0x8035],
  ['ATALK', 0x809b],
  ['AARP', 0x80f3],
  ['802_1Q', 0x8100],
  ['IPX', 0x8137],
  ['NetBEUI', 0x8191],
  ['IPv6', 0x86dd],
  ['PPP', 0x880b],
  ['MPLS', 0x8847],
  ['MPLS_MULTI', 0x8848],
  ['ATMMPOA', 0x884c],
  ['PPP_DISC', 0x8863],
  ['PPP_SES', 0x8864],
  ['ATMFATE', 0x8884],
  ['EAPOL', 0x888e],
  ['S-TAG', 0x88a8],
  ['EAP_PREAUTH', 0x88c7],
  ['LLDP', 0x88cc],
  ['MACSEC', 0x88e5],
  ['PBB', 0x88e7],
  ['MVRP', 0x88f5],
  ['PTP', 0x88f7],
  ['FCOE', 0x8906],
  ['FIP', 0x8914],
  ['ROCE', 0x8915],
  ['LoWPAN', 0xa0ed],
];

const ALIASES: readonly (readonly [string, number])[] = [
  ['ip', 0x0800],
  ['ip4', 0x0800],
  ['ip6', 0x86dd],
  ['ether-arp', 0x0806],
  ['appletalk', 0x809b],
  ['8021q', 0x8100],
  ['1q', 0x8100],
  ['802.1q', 0x8100],
  ['dot1q', 0x8100],
  ['macinmac', 0x88e7],
];

const BY_NAME = new Map([...NAMES, ...ALIASES].map(([name, value]) => [name.toLowerCase(), value]));
const BY_NUMBER = new Map(NAMES.map(([name, value]) => [value, name]));

export const ethertypeNumber = (name: string): number | undefined =>
  BY_NAME.get(name.toLowerCase());
export const ethertypeName = (value: number): string | undefined => BY_NUMBER.get(value);
export const ethertypeNames = (): Iterable<string> => BY_NAME.keys();

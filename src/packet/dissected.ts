import type { AhFields } from './ah.ts';
import type { ArpFields } from './arp.ts';
import type { DccpFields } from './dccp.ts';
import type { EspFields } from './esp.ts';
import type { EthernetFields } from './ethernet.ts';
import type { GreFields } from './gre.ts';
import type { IcmpFields } from './icmp.ts';
import type { Icmpv6Fields } from './icmpv6.ts';
import type { IgmpFields } from './igmp.ts';
import type { IPv4Fields } from './ipv4.ts';
import type { IPv6Fields } from './ipv6.ts';
import type {
  ExtensionFields,
  FragmentFields,
  MobilityFields,
  OptionsFields,
  RoutingFields,
} from './ipv6-extensions.ts';
import type { Malformed } from './malformed.ts';
import type { MldMessage } from './mld.ts';
import type { NdMessage } from './nd.ts';
import type { SctpFields } from './sctp.ts';
import type { TcpFields } from './tcp.ts';
import type { UdpFields } from './udp.ts';
import type { UdpLiteFields } from './udplite.ts';
import type { VlanFields } from './vlan.ts';

/**
 * An error's quoted packet, layer by layer; it is mostly cut short, so its last layer may be
 * malformed.
 */
interface Quoting {
  readonly quoted?: readonly DissectedLayer[];
}

/** The record of one layer, told apart by `name`. */
export type DissectedFields =
  | ({ readonly name: 'ethernet' } & EthernetFields)
  | ({ readonly name: 'vlan' } & VlanFields)
  /** Any other link header: where it ends and what it says comes next. */
  | { readonly name: 'link'; readonly linkType: number; readonly ethertype: number }
  | ({ readonly name: 'arp' } & ArpFields)
  | ({ readonly name: 'ipv4' } & IPv4Fields)
  | ({ readonly name: 'ipv6' } & IPv6Fields)
  | ({ readonly name: 'hopByHop' } & OptionsFields)
  | ({ readonly name: 'destinationOptions' } & OptionsFields)
  | ({ readonly name: 'routing' } & RoutingFields)
  | ({ readonly name: 'fragment' } & FragmentFields)
  | ({ readonly name: 'mobility' } & MobilityFields)
  | ({ readonly name: 'hip' } & ExtensionFields)
  | ({ readonly name: 'shim6' } & ExtensionFields)
  | ({ readonly name: 'ah' } & AhFields)
  | ({ readonly name: 'esp' } & EspFields)
  | ({ readonly name: 'tcp' } & TcpFields)
  | ({ readonly name: 'udp' } & UdpFields)
  | ({ readonly name: 'udplite' } & UdpLiteFields)
  | ({ readonly name: 'icmp' } & IcmpFields & Quoting)
  | ({
      readonly name: 'icmpv6';
      readonly nd?: NdMessage | Malformed;
      readonly mld?: MldMessage | Malformed;
    } & Icmpv6Fields &
      Quoting)
  | ({ readonly name: 'igmp' } & IgmpFields)
  | ({ readonly name: 'sctp' } & SctpFields)
  | ({ readonly name: 'dccp' } & DccpFields)
  | ({ readonly name: 'gre' } & GreFields)
  | { readonly name: 'payload'; readonly bytes: Uint8Array }
  | ({ readonly name: 'malformed' } & Malformed);

/** A layer of a dissected packet. */
export interface DissectedLayer {
  /** Of the layer's first byte, in the bytes that were dissected. */
  readonly offset: number;
  /** Of its header, or of the whole message for ICMP, IGMP and SCTP, in bytes. */
  readonly length: number;
  readonly fields: DissectedFields;
}

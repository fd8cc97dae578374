// nf_tables messages: bytes that are none, and sound ones with damage, must give a value.

import { hex } from '../../src/bytes/index.ts';
import {
  assembleBatch,
  assembleProgram,
  datagram,
  decodeError,
  decodeNft,
  encodeBatch,
  type NftMessage,
  splitMessages,
} from '../../src/netlink/index.ts';
import { compile } from '../../src/nft/index.ts';
import { type FuzzTarget, mutate, randomBytes } from './target.ts';

const TEXT = `table inet t {
  comment "all of it"
  set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 } }
  map m { type inet_service : verdict; elements = { 22 : accept, 80 : drop } }
  set d { type ipv4_addr . mark; flags dynamic,timeout; timeout 1m; }
  counter c { packets 1 bytes 2 }
  ct timeout slow { protocol tcp; policy = { established : 100 } }
  chain x {
    type filter hook prerouting priority mangle; policy drop;
    ip saddr @s tcp dport vmap @m
    meta mark & 0xff == 1 ct state new,related counter name c log prefix "p " group 2
    update @d { ip saddr . meta mark limit rate over 10/second } reject
    tcp option maxseg size set 1400 meta mark set jhash ip saddr mod 4 comment "here"
  }
}`;
const { messages } = encodeBatch(compile({ name: 'seed', text: TEXT }).batch, {
  littleEndian: true,
});
const SEED = datagram(messages, true);
const ONE_BY_ONE = messages.map((message) => datagram([message], true));

export const target: FuzzTarget<Uint8Array> = {
  name: 'netlink',
  generate: (random) => {
    const which = random.below(8);
    if (which === 0) return randomBytes(random, 300);
    const seed = which < 3 ? SEED : ONE_BY_ONE[random.below(ONE_BY_ONE.length)]!;
    return mutate(random, seed);
  },
  run: (bytes) => {
    for (const littleEndian of [true, false]) {
      const split = splitMessages(bytes, littleEndian);
      const read = split.messages.map((message) => {
        decodeError(message, littleEndian);
        return decodeNft(message.type & 0xff, message.flags, message.payload, { littleEndian });
      });
      const sound = read.filter((message): message is NftMessage => message.ok);
      assembleBatch(sound, { littleEndian });
      assembleProgram(sound, { littleEndian });
    }
  },
  show: hex,
};

/**
 * IP sets at run time. What a match or a target of a rule needs:
 *
 *     // when the rule is committed
 *     const sets = ipSetsOf(netns);
 *     const index = sets.get('blocked');            // -1: no such set; takes a reference
 *     const asked = new SetOptions('src,dst');      // --match-set blocked src,dst
 *     asked.cmdflags |= SetFlag.returnNomatch;      // --return-nomatch, counters and so on
 *     // for a packet; a `PktInfo` is a `SetPacket`
 *     const isIn = sets.test(index, pkt, asked);    // then asked.skbmark … say what the entry maps to
 *     sets.add(index, pkt, asked);                  // -j SET --add-set, asked.timeout from --timeout
 *     sets.del(index, pkt, asked);
 *     // when the rule is gone
 *     sets.put(index);
 *
 * `--exist` is `SetFlag.exist`; packets-gt and its like are `packetsOp` and `packets` with `SetFlag.matchCounters`.
 * The index stays good while the reference is held: `swap` changes what is behind it, a set that is named by
 * a rule cannot be destroyed or renamed. For a set behind a name, `apply` takes what a person asks for.
 */
export {
  type CounterOp,
  NO_TIMEOUT,
  SetFlag,
  SetOptions,
  type SetPacket,
} from './options.ts';
export { IpSets, ipSetsOf } from './sets.ts';

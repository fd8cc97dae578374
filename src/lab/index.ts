/** Firewalls put together: rulesets, networks, packets sent through them, and what became of those. */
export {
  type Arrival,
  addressesOf,
  arrivalFromBytes,
  arrivalFromFrame,
  frameFor,
} from './arrival.ts';
export { packetComment } from './comment.ts';
export {
  type CompareInput,
  type CompareOptions,
  type Comparison,
  compareRulesets,
  type Difference,
  type Goal,
  type Left,
  type PacketsFor,
  type PacketsOptions,
  packetsFor,
  type Reason,
  type RuleCoverage,
  type Said,
  type Unmet,
} from './compare/index.ts';
export { describePacket } from './describe.ts';
export {
  createFirewall,
  Firewall,
  type FirewallOptions,
  hookedFirewall,
  type InjectOptions,
} from './firewall.ts';
export { type Hints, hintsOf, inferTopology, type Sighting, Sightings } from './infer/index.ts';
export { ipCommand } from './ip-command.ts';
export { Lab, type LabOptions, openLab } from './lab.ts';
export { Match, type MatchSubject } from './match.ts';
export { EngineQueues, type ListenOptions } from './queues.ts';
export {
  type Count,
  type DecisionCount,
  type ReplaySummary,
  ReplayTally,
} from './replay.ts';
export { type Loaded, type LoadOptions, loadRuleset, type Problem } from './ruleset.ts';
export {
  accountingOfState,
  connectionsOfState,
  ipSetsOfState,
  type Refused,
  type RulesetStateData,
  type Step,
  stateWithConnections,
  stateWithIpSets,
  stepState,
  timeoutsOfState,
} from './state.ts';
export { Fields, isPlain, type Plain, Problems } from './topology/fields.ts';
export {
  FORWARDING,
  type ReadTopology,
  readTopology,
  type TopologyFile,
  topologyText,
} from './topology/index.ts';
export { type Proof, proveTranslation } from './translation.ts';

// nftables' tests/py: single rules, each in several families. What must be refused is refused;
// what must be accepted lists, in text and JSON, as the reference lists it, and compiles to the
// bytecode the reference compiler prints.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decompileOneRule, listRule } from '../../../src/nft/4-list/index.ts';
import { statementsJson, stringifyJson } from '../../../src/nft/json/index.ts';
import {
  printExprs,
  printSetSpec,
  type Rule,
  type SetSpec,
  type Table,
} from '../../../src/program/index.ts';
import { NftLab } from './nft-lab.ts';
import { normalBytecode, normalJson, normalRule } from './order-free.ts';
import { attempt, type Report, type Suite } from './suite.ts';

interface Instance {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly hook: string;
  readonly payload: readonly string[] | null;
}

type Setup =
  | { readonly chain: readonly [string, string] }
  | { readonly table: readonly [string, string, readonly string[]] }
  | { readonly set: readonly [string, string] }
  | { readonly elem: readonly [string, string] }
  | { readonly obj: readonly [string, string] };

interface RuleRecord {
  readonly kind: 'rule';
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly expect: 'ok' | 'fail';
  readonly output: string | null;
  readonly json: readonly unknown[] | null;
  readonly json_output: readonly unknown[] | null;
  readonly instances: readonly Instance[];
  readonly setup: readonly Setup[];
}

interface SpecRecord {
  readonly kind: 'set' | 'elem' | 'obj';
  readonly file: string;
  readonly line: number;
  readonly spec: string;
  readonly expect: 'ok' | 'fail';
  readonly tables: readonly (readonly [string, string, readonly string[]])[];
}

type Record = RuleRecord | SpecRecord;

/** `set1 type ipv4_addr timeout 60s` in a table, as a command. */
function addSet(where: string, spec: string): string {
  const [name, ...rest] = spec.split(' ');
  const body = rest.join(' ').replace(/ (flags|timeout|gc-interval) /g, '; $1 ');
  const word = /\stypeof|type/.test(body) && body.includes(' : ') ? 'map' : 'set';
  return `add ${word} ${where} ${name} { ${body}; }`;
}

function addElement(where: string, spec: string): string {
  const [name, ...rest] = spec.split(' ');
  return `add element ${where} ${name} { ${rest.join(' ')} }`;
}

/** `cthelp1 type ct helper { … }`: the type is one word, or two that begin with ct. */
function addObject(where: string, spec: string): string {
  const found = /^(\S+) type (ct \S+|\S+)(.*)$/.exec(spec);
  if (found === null) return `# cannot read ${spec}`;
  return `add ${found[2]} ${where} ${found[1]}${found[3]}`;
}

function specCommand(kind: SpecRecord['kind'], where: string, spec: string): string {
  if (kind === 'set') return addSet(where, spec);
  return kind === 'elem' ? addElement(where, spec) : addObject(where, spec);
}

const SPEC_KINDS = ['set', 'elem', 'obj'] as const;

/** The table and chain of an instance, with what was set up before the rule's line. */
function prepare(record: RuleRecord, instance: Instance): NftLab {
  const lab = new NftLab();
  const where = `${instance.family} ${instance.table}`;
  must(lab, `add table ${where}`);
  for (const step of record.setup) {
    if ('chain' in step) addChain(lab, where, step.chain, instance);
  }
  addSpecs(lab, where, record.setup);
  return lab;
}

const specOf = (step: Setup, kind: SpecRecord['kind']): readonly [string, string] | undefined =>
  (step as Partial<Readonly<{ [K in SpecRecord['kind']]: readonly [string, string] }>>)[kind];

/** Steps that fail in the reference are there to fail; some fit one family only. */
function addSpecs(lab: NftLab, where: string, steps: readonly Setup[]): void {
  for (const step of steps) {
    for (const kind of SPEC_KINDS) {
      const spec = specOf(step, kind);
      if (spec !== undefined && spec[1] === 'ok') lab.text(specCommand(kind, where, spec[0]));
    }
  }
}

function addChain(
  lab: NftLab,
  where: string,
  [name, hook]: readonly [string, string],
  instance: Instance,
): void {
  // A file may declare chains of other families: only the instance's own must come to be.
  const failed = lab.text(`add chain ${where} ${name} { ${hook}; }`);
  if (failed !== undefined && name === instance.chain) throw new Error(`${hook}: ${failed}`);
}

function must(lab: NftLab, command: string): void {
  const failed = lab.text(command);
  if (failed !== undefined) throw new Error(`${command}: ${failed}`);
}

const idOf = (record: RuleRecord, instance: Instance): string =>
  `${record.file}:${record.line} ${instance.family} ${instance.table} ${instance.chain}`;

const OPTIONS = {
  stateless: true,
  numericProtocol: true,
  names: { utcOffset: () => 2 * 3600 },
} as const;

interface Added {
  readonly table: Table;
  readonly rule: Rule;
}

function addRule(lab: NftLab, record: RuleRecord, instance: Instance): string | Added {
  const { family, table, chain } = instance;
  const failed = lab.text(`add rule ${family} ${table} ${chain} ${record.rule}`);
  return failed ?? added(lab, instance);
}

function added(lab: NftLab, { family, table, chain }: Instance): string | Added {
  const found = lab.table(family, table);
  const rule = found && lab.onlyRule(found, chain);
  return found && rule ? { table: found, rule } : 'the rule is not in its chain';
}

const differs = (want: string, got: string): string | undefined =>
  want === got ? undefined : `want ${want}\n     got  ${got}`;

const wanted = (record: RuleRecord): string => normalRule(record.output ?? record.rule);

function checkListing(record: RuleRecord, { rule, table }: Added): string | undefined {
  return differs(wanted(record), normalRule(listRule(rule, table, OPTIONS)));
}

function checkJsonOut(record: RuleRecord, { rule, table }: Added): string | undefined {
  const tree = decompileOneRule(rule, table, { ...OPTIONS, for: 'json' });
  const json = statementsJson(tree.statements, { stateless: true, family: table.family });
  // Through text, so that integers beyond a double lose the same digits on both sides.
  const got: unknown = JSON.parse(stringifyJson(json));
  const want = record.json_output ?? record.json;
  return differs(JSON.stringify(normalJson(want)), JSON.stringify(normalJson(got)));
}

/** The sets a rule uses and that nobody named, before the rule, as the reference prints them. */
function bytecodeOf({ rule, table }: Added): string[] {
  const anonymous = table.sets.filter((set: SetSpec) => set.flags.includes('anonymous'));
  const options = { anonymousNames: true };
  return [
    ...anonymous.flatMap((set) => printSetSpec(table.name, set, options)),
    ...printExprs(rule, options),
  ];
}

function checkBytecode(instance: Instance, what: Added): string | undefined {
  return differs(normalBytecode(instance.payload ?? []), normalBytecode(bytecodeOf(what)));
}

function jsonCommand(record: RuleRecord, { family, table, chain }: Instance): string {
  return JSON.stringify({
    nftables: [{ add: { rule: { family, table, chain, expr: record.json } } }],
  });
}

function checkJsonIn(record: RuleRecord, instance: Instance): string | undefined {
  const lab = prepare(record, instance);
  const failed = lab.json(jsonCommand(record, instance));
  if (failed !== undefined) return failed;
  const result = added(lab, instance);
  return typeof result === 'string' ? result : checkListing(record, result);
}

function scoreRule(record: RuleRecord, instance: Instance, report: Report): void {
  const id = idOf(record, instance);
  if (record.expect === 'fail') {
    attempt(report, 'accepted', id, () => {
      const result = addRule(prepare(record, instance), record, instance);
      return typeof result === 'string' ? undefined : `taken, but must be refused: ${record.rule}`;
    });
    return;
  }
  let result: string | Added = 'not tried';
  attempt(report, 'accepted', id, () => {
    result = addRule(prepare(record, instance), record, instance);
    return typeof result === 'string' ? `${result}: ${record.rule}` : undefined;
  });
  const outcome = result as string | Added;
  const then = (check: (what: Added) => string | undefined) => () =>
    typeof outcome === 'string' ? `not accepted: ${record.rule}` : check(outcome);
  attempt(
    report,
    'listing',
    id,
    then((what) => checkListing(record, what)),
  );
  if (record.json !== null) {
    attempt(report, 'json-in', id, () => checkJsonIn(record, instance));
    attempt(
      report,
      'json-out',
      id,
      then((what) => checkJsonOut(record, what)),
    );
  }
  if (instance.payload !== null) {
    attempt(
      report,
      'bytecode',
      id,
      then((what) => checkBytecode(instance, what)),
    );
  }
}

/**
 * A set, element or object in each of the file's tables. Rules further down the file list all that
 * was set up before them, so the steps before this one are among theirs.
 */
function scoreSpec(record: SpecRecord, steps: readonly Setup[], report: Report): void {
  for (const [family, table] of record.tables) {
    const where = `${family} ${table}`;
    attempt(report, 'accepted', `${record.file}:${record.line} ${where}`, () => {
      const lab = new NftLab();
      must(lab, `add table ${where}`);
      addSpecs(lab, where, steps);
      const failed = lab.text(specCommand(record.kind, where, record.spec));
      if (record.expect === 'ok') return failed && `${failed}: ${record.spec}`;
      return failed === undefined ? `taken, but must be refused: ${record.spec}` : undefined;
    });
  }
}

/** The steps before `record`, from the longest list of steps in its file that contains it. */
function stepsBefore(record: SpecRecord, rules: readonly RuleRecord[]): readonly Setup[] {
  const isIt = (step: Setup): boolean => {
    const spec = specOf(step, record.kind);
    return spec !== undefined && spec[0] === record.spec && spec[1] === record.expect;
  };
  const later = rules.find((rule) => rule.file === record.file && rule.setup.some(isIt));
  return later === undefined ? [] : later.setup.slice(0, later.setup.findIndex(isIt));
}

const readRecords = (path: string): Record[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record);

export const nftPy: Suite = {
  name: 'nft-py',
  checks: ['accepted', 'listing', 'json-in', 'json-out', 'bytecode'],
  reads: 'nft-py.jsonl',
  run(dir, report) {
    const records = readRecords(join(dir, this.reads));
    const rules = records.flatMap((record) => (record.kind === 'rule' ? [record] : []));
    for (const record of records) {
      if (record.kind === 'rule') {
        for (const instance of record.instances) scoreRule(record, instance, report);
      } else {
        scoreSpec(record, stepsBefore(record, rules), report);
      }
    }
  },
};

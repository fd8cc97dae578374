import { expect, test } from 'vitest';
import { compile, listRuleset } from '../nft/index.ts';
import { EMPTY_PROGRAM } from '../program/index.ts';
import { type RulesetStateData, stepState } from './index.ts';

const EMPTY: RulesetStateData = {
  program: EMPTY_PROGRAM,
  generation: 1,
  lastTableHandle: 0,
  lastHandles: {},
  interfaces: {},
  at: 0,
};

function step(state: RulesetStateData, text: string, now = 0): RulesetStateData {
  const { batch, diagnostics } = compile({ name: 't', text }, { current: state.program });
  expect(diagnostics).toEqual([]);
  // What is kept goes through JSON, so that must say all of it.
  const next = stepState(state, batch, {}, now);
  expect(next).not.toHaveProperty('refused');
  return JSON.parse(JSON.stringify(next.state));
}

const listed = (state: RulesetStateData): string => listRuleset(state.program, { handles: true });

const RULESET = `table inet f {
  flags dormant; comment "kept"
  counter k { packets 3 bytes 4; }
  quota q { over 10 mbytes used 2 mbytes; }
  ct helper h { type "ftp" protocol tcp; }
  flowtable ft { hook ingress priority 0; devices = { eth0 }; }
  set s { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 1-9 }; }
  set d { type ipv4_addr; size 9; flags dynamic,timeout; timeout 1h; counter; }
  map m { type mark : verdict; elements = { 1 : jump sub, 2 : drop }; }
  map o { type mark : counter; elements = { 1 : "k" }; }
  chain in {
    type filter hook input priority 5; policy drop;
    ip saddr . tcp dport @s counter packets 7 bytes 8 accept comment "r"
    tcp dport { 22, 80 } jump { udp dport 53 accept; drop; }
    meta mark vmap @m
    update @d { ip saddr limit rate 10/second }
    quota 5 bytes used 1 bytes
  }
  chain sub { ip saddr vmap { 1.1.1.1 : accept, * : drop }; }
}
`;

test('a ruleset that is put back is the same, with every handle', () => {
  const once = step(EMPTY, RULESET);
  const before = listed(once);
  const twice = step(once, 'add table ip other');
  expect(before).toContain('# handle');
  expect(listed(twice)).toBe(`${before}table ip other { # handle 2\n}\n`);
  expect(twice.generation).toBe(once.generation + 1);
});

test('a handle is not given again when its owner is gone', () => {
  const made = step(EMPTY, 'add table ip t; add chain ip t c; add rule ip t c accept');
  const deleted = step(made, 'delete rule ip t c handle 2; delete table ip t; add table ip u');
  const again = step(deleted, 'add table ip v; add chain ip u c');
  expect(listed(again)).toContain('table ip v { # handle 3');
  const rules = step(step(step(EMPTY, RULESET), 'flush chain inet f in'), 'add chain inet f last');
  expect(listed(rules)).toMatch(/chain last \{ # handle 2\d/);
});

test('what refers to each other still does', () => {
  const state = step(EMPTY, RULESET);
  const refused = (text: string): string => {
    const { batch } = compile({ name: 't', text }, { current: state.program });
    const step = stepState(state, batch, {}, 0);
    return 'refused' in step ? step.refused.errnoName : 'taken';
  };
  expect(refused('delete set inet f s')).toBe('EBUSY');
  expect(refused('delete chain inet f sub')).toBe('EBUSY');
  expect(refused('delete counter inet f k')).toBe('EBUSY');
  expect(refused('delete ct helper inet f h')).toBe('taken');
});

test('the places of rules are not kept', () => {
  expect(JSON.stringify(step(EMPTY, RULESET))).not.toContain('"source"');
});

test('a refused batch changes nothing but the handles it was given', () => {
  const made = step(EMPTY, 'add table ip t; add chain ip t c');
  const text = 'add table ip u; add chain ip t a; create chain ip t c; add chain ip t b';
  const { batch, diagnostics } = compile({ name: 't', text }, { current: made.program });
  expect(diagnostics).toEqual([]);
  const refused = stepState(made, batch, {}, 0);
  expect(listed(refused.state)).toBe(listed(made));
  const after = step(refused.state, 'add chain ip t d; add table ip v');
  expect(listed(after)).toContain('chain d { # handle 4');
  expect(listed(after)).toContain('table ip v { # handle 3');
});

import { GROUPS } from './cases/groups.ts';
import { twoTargets } from './suite.ts';

for (const { name, cases, known } of GROUPS) twoTargets(name, cases, known);

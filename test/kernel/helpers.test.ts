import { helpers } from './cases/helpers.ts';
import { twoTargets } from './suite.ts';

twoTargets('helpers', helpers);

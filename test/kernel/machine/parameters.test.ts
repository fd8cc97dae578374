// Parameters of modules are the machine's, for the milliseconds that a case takes.

import { moduleParameters } from '../cases/module-parameters.ts';
import { twoTargets } from '../suite.ts';

twoTargets('helpers with other parameters', moduleParameters);

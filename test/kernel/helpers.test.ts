import { h323 } from './cases/h323.ts';
import { h323Channels } from './cases/h323-channels.ts';
import { expectations, helpers } from './cases/helpers.ts';
import { pptp } from './cases/pptp.ts';
import { sip } from './cases/sip.ts';
import { smallHelpers } from './cases/small-helpers.ts';
import { snmp } from './cases/snmp.ts';
import { twoTargets } from './suite.ts';

twoTargets('FTP', helpers);
twoTargets('expectations', expectations);
twoTargets('TFTP, IRC, Amanda, SANE', smallHelpers);
twoTargets('SIP', sip);
twoTargets('PPTP', pptp);
twoTargets('H.323', [...h323, ...h323Channels]);
twoTargets('SNMP', snmp);

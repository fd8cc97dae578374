// ITU-T H.225.0 version 4: call signalling, and what it shares with ./ras.ts. The order of components is
// the Recommendation's; where reading ends is nf_conntrack_h323_types.c's (STOP).

import { H245 } from './h245.ts';
import { type Asn1Types, moduleOf } from './notation.ts';

const COMMON = `
TransportAddress ::= CHOICE {
  ipAddress SEQUENCE {
    ip OCTET STRING (SIZE (4)),
    port INTEGER (0..65535) },
  ipSourceRoute SEQUENCE {
    ip OCTET STRING (SIZE (4)),
    port INTEGER (0..65535),
    route SEQUENCE OF OCTET STRING (SIZE (4)),
    routing CHOICE { strict NULL, loose NULL, ... },
    ... },
  ipxAddress SEQUENCE {
    node OCTET STRING (SIZE (6)),
    netnum OCTET STRING (SIZE (4)),
    port OCTET STRING (SIZE (2)) },
  ip6Address SEQUENCE {
    ip OCTET STRING (SIZE (16)),
    port INTEGER (0..65535),
    ... },
  netBios OCTET STRING (SIZE (16)),
  nsap OCTET STRING (SIZE (1..20)),
  nonStandardAddress NonStandardParameter,
  ... }

AliasAddress ::= CHOICE {
  dialledDigits IA5String (SIZE (1..128)) (FROM ("0123456789#*,")),
  h323-ID BMPString (SIZE (1..256)),
  ..., url-ID, transportID, email-ID, partyNumber, mobileUIM }

Caps ::= SEQUENCE {
  nonStandardData NonStandardParameter OPTIONAL,
  ..., dataRatesSupported, supportedPrefixes }

SupportedProtocols ::= CHOICE {
  nonStandardData NonStandardParameter,
  h310 Caps,
  h320 Caps,
  h321 Caps,
  h322 Caps,
  h323 Caps,
  h324 Caps,
  voice Caps,
  t120-only Caps,
  ..., nonStandardProtocol, t38FaxAnnexbOnly }

VendorIdentifier ::= SEQUENCE {
  vendor H221NonStandard,
  productId OCTET STRING (SIZE (1..256)) OPTIONAL,
  versionId OCTET STRING (SIZE (1..256)) OPTIONAL,
  ... }

EndpointType ::= SEQUENCE {
  nonStandardData NonStandardParameter OPTIONAL,
  vendor VendorIdentifier OPTIONAL,
  gatekeeper SEQUENCE {
    nonStandardData NonStandardParameter OPTIONAL,
    ... } OPTIONAL,
  gateway SEQUENCE {
    protocol SEQUENCE OF SupportedProtocols OPTIONAL,
    nonStandardData NonStandardParameter OPTIONAL,
    ... } OPTIONAL,
  mcu SEQUENCE {
    nonStandardData NonStandardParameter OPTIONAL,
    ..., protocol } OPTIONAL,
  terminal SEQUENCE {
    nonStandardData NonStandardParameter OPTIONAL,
    ... } OPTIONAL,
  mc BOOLEAN,
  undefinedNode BOOLEAN,
  ..., set, supportedTunnelledProtocols }

QseriesOptions ::= SEQUENCE {
  q932Full BOOLEAN,
  q951Full BOOLEAN,
  q952Full BOOLEAN,
  q953Full BOOLEAN,
  q955Full BOOLEAN,
  q956Full BOOLEAN,
  q957Full BOOLEAN,
  q954Info SEQUENCE {
    conferenceCalling BOOLEAN,
    threePartyService BOOLEAN,
    ... },
  ... }

CallType ::= CHOICE { pointToPoint NULL, oneToN NULL, nToOne NULL, nToN NULL, ... }
GloballyUniqueID ::= OCTET STRING (SIZE (16))
`;

const IDENTIFIERS = `
H221NonStandard ::= SEQUENCE {
  t35CountryCode INTEGER (0..255),
  t35Extension INTEGER (0..255),
  manufacturerCode INTEGER (0..65535),
  ... }

NonStandardParameter ::= SEQUENCE {
  nonStandardIdentifier CHOICE {
    object OBJECT IDENTIFIER,
    h221NonStandard H221NonStandard,
    ... },
  data OCTET STRING }
`;

/** H.235 version 2, which only Progress-UUIE has among what cannot be jumped over. */
const SECURITY = `
SecurityServiceMode ::= CHOICE {
  nonStandard NonStandardParameter,
  none NULL,
  default NULL,
  ... }

SecurityCapabilities ::= SEQUENCE {
  nonStandard NonStandardParameter OPTIONAL,
  encryption SecurityServiceMode,
  authenticaton SecurityServiceMode,
  integrity SecurityServiceMode,
  ... }

H245Security ::= CHOICE {
  nonStandard NonStandardParameter,
  noSecurity NULL,
  tls SecurityCapabilities,
  ipsec SecurityCapabilities,
  ... }

Identifier ::= BMPString (SIZE (1..128))
TimeStamp ::= INTEGER (1..4294967295)

ClearToken ::= SEQUENCE {
  tokenOID OBJECT IDENTIFIER,
  timeStamp TimeStamp OPTIONAL,
  password BMPString (SIZE (1..128)) OPTIONAL,
  dhkey SEQUENCE {
    halfkey BIT STRING (SIZE (0..2048)),
    modSize BIT STRING (SIZE (0..2048)),
    generator BIT STRING (SIZE (0..2048)),
    ... } OPTIONAL,
  challenge OCTET STRING (SIZE (8..128)) OPTIONAL,
  random INTEGER OPTIONAL,
  certificate SEQUENCE {
    type OBJECT IDENTIFIER,
    certificate OCTET STRING,
    ... } OPTIONAL,
  generalID Identifier OPTIONAL,
  nonStandard SEQUENCE {
    nonStandardIdentifier OBJECT IDENTIFIER,
    data OCTET STRING } OPTIONAL,
  ..., eckasdhkey, sendersID }

Params ::= SEQUENCE {
  ranInt INTEGER OPTIONAL,
  iv8 OCTET STRING (SIZE (8)) OPTIONAL,
  ..., iv16 }

Hashed ::= SEQUENCE { algorithmOID OBJECT IDENTIFIER, paramS Params, hash BIT STRING }
Encrypted ::= SEQUENCE { algorithmOID OBJECT IDENTIFIER, paramS Params, encryptedData OCTET STRING }
Signed ::= SEQUENCE {
  toBeSigned ANY,
  algorithmOID OBJECT IDENTIFIER,
  paramS Params,
  signature BIT STRING }

CryptoToken ::= CHOICE {
  cryptoEncryptedToken SEQUENCE { tokenOID OBJECT IDENTIFIER, token Encrypted },
  cryptoSignedToken SEQUENCE { tokenOID OBJECT IDENTIFIER, token Signed },
  cryptoHashedToken SEQUENCE { tokenOID OBJECT IDENTIFIER, hashedVals ClearToken, token Hashed },
  cryptoPwdEncr Encrypted,
  ... }

CryptoH323Token ::= CHOICE {
  cryptoEPPwdHash SEQUENCE { alias AliasAddress, timeStamp TimeStamp, token Hashed },
  cryptoGKPwdHash SEQUENCE { gatekeeperId Identifier, timeStamp TimeStamp, token Hashed },
  cryptoEPPwdEncr Encrypted,
  cryptoGKPwdEncr Encrypted,
  cryptoEPCert Signed,
  cryptoGKCert Signed,
  cryptoFastStart Signed,
  nestedcryptoToken CryptoToken,
  ... }
`;

const CALLS = `
FastStart ::= SEQUENCE OF OCTET STRING (CONTAINING OpenLogicalChannel)

Setup-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  h245Address TransportAddress OPTIONAL,
  sourceAddress SEQUENCE OF AliasAddress OPTIONAL,
  sourceInfo EndpointType,
  destinationAddress SEQUENCE OF AliasAddress OPTIONAL,
  destCallSignalAddress TransportAddress OPTIONAL,
  destExtraCallInfo SEQUENCE OF AliasAddress OPTIONAL,
  destExtraCRV SEQUENCE OF INTEGER (0..65535) OPTIONAL,
  activeMC BOOLEAN,
  conferenceID GloballyUniqueID,
  conferenceGoal CHOICE {
    create NULL,
    join NULL,
    invite NULL,
    ..., capability-negotiation, callIndependentSupplementaryService },
  callServices QseriesOptions OPTIONAL,
  callType CallType,
  ..., sourceCallSignalAddress TransportAddress,
  remoteExtensionAddress, callIdentifier, h245SecurityCapability, tokens, cryptoTokens,
  fastStart FastStart,
  mediaWaitForConnect, canOverlapSend,
  endpointIdentifier UNREAD }

CallProceeding-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  destinationInfo EndpointType,
  h245Address TransportAddress OPTIONAL,
  ..., callIdentifier, h245SecurityMode, tokens, cryptoTokens,
  fastStart FastStart,
  multipleCalls, maintainConnection, fastConnectRefused, featureSet }

Connect-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  h245Address TransportAddress OPTIONAL,
  destinationInfo EndpointType,
  conferenceID GloballyUniqueID,
  ..., callIdentifier, h245SecurityMode, tokens, cryptoTokens,
  fastStart FastStart,
  multipleCalls, maintainConnection, language, connectedAddress, presentationIndicator,
  screeningIndicator, fastConnectRefused, serviceControl, capacity, featureSet }

Alerting-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  destinationInfo EndpointType,
  h245Address TransportAddress OPTIONAL,
  ..., callIdentifier, h245SecurityMode, tokens, cryptoTokens,
  fastStart FastStart,
  multipleCalls, maintainConnection, alertingAddress, presentationIndicator, screeningIndicator,
  fastConnectRefused, serviceControl, capacity, featureSet }

Information-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  ..., callIdentifier, tokens, cryptoTokens, fastStart, fastConnectRefused, circuitInfo }

ReleaseCompleteReason ::= CHOICE {
  noBandwidth NULL,
  gatekeeperResources NULL,
  unreachableDestination NULL,
  destinationRejection NULL,
  invalidRevision NULL,
  noPermission NULL,
  unreachableGatekeeper NULL,
  gatewayResources NULL,
  badFormatAddress NULL,
  adaptiveBusy NULL,
  inConf NULL,
  undefinedReason NULL,
  ... }

ReleaseComplete-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  reason ReleaseCompleteReason OPTIONAL,
  ..., callIdentifier, tokens, cryptoTokens, busyAddress, presentationIndicator, screeningIndicator,
  capacity, serviceControl, featureSet }

Facility-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  alternativeAddress TransportAddress OPTIONAL,
  alternativeAliasAddress SEQUENCE OF AliasAddress OPTIONAL,
  conferenceID GloballyUniqueID OPTIONAL,
  reason CHOICE {
    routeCallToGatekeeper NULL,
    callForwarded NULL,
    routeCallToMC NULL,
    undefinedReason NULL,
    ..., conferenceListChoice, startH245, noH245, newTokens, featureSetUpdate, forwardedElements,
    transportedInformation },
  ..., callIdentifier, destExtraCallInfo, remoteExtensionAddress, tokens, cryptoTokens, conferences,
  h245Address TransportAddress,
  fastStart FastStart,
  multipleCalls, maintainConnection, fastConnectRefused, serviceControl, circuitInfo, featureSet,
  destinationInfo, h245SecurityMode }

Progress-UUIE ::= SEQUENCE {
  protocolIdentifier OBJECT IDENTIFIER,
  destinationInfo EndpointType,
  h245Address TransportAddress OPTIONAL,
  callIdentifier SEQUENCE { guid GloballyUniqueID, ... },
  h245SecurityMode H245Security OPTIONAL,
  tokens SEQUENCE OF ClearToken OPTIONAL,
  cryptoTokens SEQUENCE OF CryptoH323Token OPTIONAL,
  fastStart FastStart OPTIONAL,
  ..., multipleCalls, maintainConnection, fastConnectRefused }

H323-UserInformation ::= SEQUENCE {
  h323-uu-pdu SEQUENCE {
    h323-message-body CHOICE {
      setup Setup-UUIE,
      callProceeding CallProceeding-UUIE,
      connect Connect-UUIE,
      alerting Alerting-UUIE,
      information Information-UUIE,
      releaseComplete ReleaseComplete-UUIE,
      facility Facility-UUIE,
      ..., progress Progress-UUIE,
      empty, status, statusInquiry, setupAcknowledge, notify },
    nonStandardData NonStandardParameter OPTIONAL,
    ..., h4501SupplementaryService, h245Tunnelling,
    h245Control SEQUENCE OF OCTET STRING (CONTAINING MultimediaSystemControlMessage),
    nonStandardControl UNREAD },
  user-data UNREAD OPTIONAL,
  ... }
`;

/** What call signalling and RAS are both made of. */
export const H225_COMMON = moduleOf(IDENTIFIERS + COMMON);

/** With the two messages of H.245 that it carries. */
function withControl(): Asn1Types {
  const types = new Map(H225_COMMON());
  for (const name of ['OpenLogicalChannel', 'MultimediaSystemControlMessage'])
    types.set(name, H245().get(name)!);
  return types;
}

export const H225 = moduleOf(SECURITY + CALLS, withControl);

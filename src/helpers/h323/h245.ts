// ITU-T H.245 version 7: of its messages those that open a channel, as far as they are read. The order of
// components is the Recommendation's; where reading ends is nf_conntrack_h323_types.c's (STOP).

import { moduleOf } from './notation.ts';

const CAPABILITIES = `
NonStandardParameter ::= SEQUENCE {
  nonStandardIdentifier CHOICE {
    object OBJECT IDENTIFIER,
    h221NonStandard SEQUENCE {
      t35CountryCode INTEGER (0..255),
      t35Extension INTEGER (0..255),
      manufacturerCode INTEGER (0..65535) } },
  data OCTET STRING }

H261VideoCapability ::= SEQUENCE {
  qcifMPI INTEGER (1..4) OPTIONAL,
  cifMPI INTEGER (1..4) OPTIONAL,
  temporalSpatialTradeOffCapability BOOLEAN,
  maxBitRate INTEGER (1..19200),
  stillImageTransmission BOOLEAN,
  ..., videoBadMBsCap }

H262VideoCapability ::= SEQUENCE {
  profileAndLevel-SPatML BOOLEAN,
  profileAndLevel-MPatLL BOOLEAN,
  profileAndLevel-MPatML BOOLEAN,
  profileAndLevel-MPatH-14 BOOLEAN,
  profileAndLevel-MPatHL BOOLEAN,
  profileAndLevel-SNRatLL BOOLEAN,
  profileAndLevel-SNRatML BOOLEAN,
  profileAndLevel-SpatialatH-14 BOOLEAN,
  profileAndLevel-HPatML BOOLEAN,
  profileAndLevel-HPatH-14 BOOLEAN,
  profileAndLevel-HPatHL BOOLEAN,
  videoBitRate INTEGER (0..1073741823) OPTIONAL,
  vbvBufferSize INTEGER (0..262143) OPTIONAL,
  samplesPerLine INTEGER (0..16383) OPTIONAL,
  linesPerFrame INTEGER (0..16383) OPTIONAL,
  framesPerSecond INTEGER (0..15) OPTIONAL,
  luminanceSampleRate INTEGER (0..4294967295) OPTIONAL,
  ..., videoBadMBsCap }

H263VideoCapability ::= SEQUENCE {
  sqcifMPI INTEGER (1..32) OPTIONAL,
  qcifMPI INTEGER (1..32) OPTIONAL,
  cifMPI INTEGER (1..32) OPTIONAL,
  cif4MPI INTEGER (1..32) OPTIONAL,
  cif16MPI INTEGER (1..32) OPTIONAL,
  maxBitRate INTEGER (1..192400),
  unrestrictedVector BOOLEAN,
  arithmeticCoding BOOLEAN,
  advancedPrediction BOOLEAN,
  pbFrames BOOLEAN,
  temporalSpatialTradeOffCapability BOOLEAN,
  hrd-B INTEGER (0..524287) OPTIONAL,
  bppMaxKb INTEGER (0..65535) OPTIONAL,
  ..., slowSqcifMPI, slowQcifMPI, slowCifMPI, slowCif4MPI, slowCif16MPI, errorCompensation,
  enhancementLayerInfo, h263Options }

IS11172VideoCapability ::= SEQUENCE {
  constrainedBitstream BOOLEAN,
  videoBitRate INTEGER (0..1073741823) OPTIONAL,
  vbvBufferSize INTEGER (0..262143) OPTIONAL,
  samplesPerLine INTEGER (0..16383) OPTIONAL,
  linesPerFrame INTEGER (0..16383) OPTIONAL,
  pictureRate INTEGER (0..15) OPTIONAL,
  luminanceSampleRate INTEGER (0..4294967295) OPTIONAL,
  ..., videoBadMBsCap }

VideoCapability ::= CHOICE {
  nonStandard NonStandardParameter,
  h261VideoCapability H261VideoCapability,
  h262VideoCapability H262VideoCapability,
  h263VideoCapability H263VideoCapability,
  is11172VideoCapability IS11172VideoCapability,
  ..., genericVideoCapability }

IS11172AudioCapability ::= SEQUENCE {
  audioLayer1 BOOLEAN, audioLayer2 BOOLEAN, audioLayer3 BOOLEAN,
  audioSampling32k BOOLEAN, audioSampling44k1 BOOLEAN, audioSampling48k BOOLEAN,
  singleChannel BOOLEAN, twoChannels BOOLEAN,
  bitRate INTEGER (1..448),
  ... }

IS13818AudioCapability ::= SEQUENCE {
  audioLayer1 BOOLEAN, audioLayer2 BOOLEAN, audioLayer3 BOOLEAN,
  audioSampling16k BOOLEAN, audioSampling22k05 BOOLEAN, audioSampling24k BOOLEAN,
  audioSampling32k BOOLEAN, audioSampling44k1 BOOLEAN, audioSampling48k BOOLEAN,
  singleChannel BOOLEAN, twoChannels BOOLEAN,
  threeChannels2-1 BOOLEAN, threeChannels3-0 BOOLEAN,
  fourChannels2-0-2-0 BOOLEAN, fourChannels2-2 BOOLEAN, fourChannels3-1 BOOLEAN,
  fiveChannels3-0-2-0 BOOLEAN, fiveChannels3-2 BOOLEAN,
  lowFrequencyEnhancement BOOLEAN, multilingual BOOLEAN,
  bitRate INTEGER (1..1130),
  ... }

AudioCapability ::= CHOICE {
  nonStandard NonStandardParameter,
  g711Alaw64k INTEGER (1..256),
  g711Alaw56k INTEGER (1..256),
  g711Ulaw64k INTEGER (1..256),
  g711Ulaw56k INTEGER (1..256),
  g722-64k INTEGER (1..256),
  g722-56k INTEGER (1..256),
  g722-48k INTEGER (1..256),
  g7231 SEQUENCE {
    maxAl-sduAudioFrames INTEGER (1..256),
    silenceSuppression BOOLEAN },
  g728 INTEGER (1..256),
  g729 INTEGER (1..256),
  g729AnnexA INTEGER (1..256),
  is11172AudioCapability IS11172AudioCapability,
  is13818AudioCapability IS13818AudioCapability,
  ..., g729wAnnexB, g729AnnexAwAnnexB, g7231AnnexCCapability, gsmFullRate, gsmHalfRate,
  gsmEnhancedFullRate, genericAudioCapability, g729Extensions }

DataProtocolCapability ::= CHOICE {
  nonStandard NonStandardParameter,
  v14buffered NULL,
  v42lapm NULL,
  hdlcFrameTunnelling NULL,
  h310SeparateVCStack NULL,
  h310SingleVCStack NULL,
  transparent NULL,
  ..., segmentationAndReassembly, hdlcFrameTunnelingwSAR, v120, separateLANStack, v76wCompression, tcp,
  udp }

T84Profile ::= CHOICE {
  t84Unrestricted NULL,
  t84Restricted SEQUENCE {
    qcif BOOLEAN, cif BOOLEAN, ccir601Seq BOOLEAN, ccir601Prog BOOLEAN, hdtvSeq BOOLEAN, hdtvProg BOOLEAN,
    g3FacsMH200x100 BOOLEAN, g3FacsMH200x200 BOOLEAN, g4FacsMMR200x100 BOOLEAN, g4FacsMMR200x200 BOOLEAN,
    jbig200x200Seq BOOLEAN, jbig200x200Prog BOOLEAN, jbig300x300Seq BOOLEAN, jbig300x300Prog BOOLEAN,
    digPhotoLow BOOLEAN, digPhotoMedSeq BOOLEAN, digPhotoMedProg BOOLEAN, digPhotoHighSeq BOOLEAN,
    digPhotoHighProg BOOLEAN,
    ... } }

DataApplicationCapability ::= SEQUENCE {
  application CHOICE {
    nonStandard NonStandardParameter,
    t120 DataProtocolCapability,
    dsm-cc DataProtocolCapability,
    userData DataProtocolCapability,
    t84 SEQUENCE {
      t84Protocol DataProtocolCapability,
      t84Profile T84Profile },
    t434 DataProtocolCapability,
    h224 DataProtocolCapability,
    nlpid SEQUENCE {
      nlpidProtocol DataProtocolCapability,
      nlpidData OCTET STRING },
    dsvdControl NULL,
    h222DataPartitioning DataProtocolCapability,
    ..., t30fax, t140, t38fax, genericDataCapability },
  maxBitRate INTEGER (0..4294967295),
  ... }

DataType ::= CHOICE {
  nonStandard NonStandardParameter,
  nullData NULL,
  videoData VideoCapability,
  audioData AudioCapability,
  data DataApplicationCapability,
  encryptionData CHOICE {
    nonStandard NonStandardParameter,
    h233Encryption NULL,
    ... },
  ..., h235Control, h235Media, multiplexedStream }
`;

const CHANNELS = `
TransportAddress ::= CHOICE {
  unicastAddress CHOICE {
    iPAddress SEQUENCE {
      network OCTET STRING (SIZE (4)),
      tsapIdentifier INTEGER (0..65535),
      ... },
    iPXAddress SEQUENCE {
      node OCTET STRING (SIZE (6)),
      netnum OCTET STRING (SIZE (4)),
      tsapIdentifier OCTET STRING (SIZE (2)),
      ... },
    iP6Address SEQUENCE {
      network OCTET STRING (SIZE (16)),
      tsapIdentifier INTEGER (0..65535),
      ... },
    netBios OCTET STRING (SIZE (16)),
    iPSourceRouteAddress SEQUENCE {
      routing CHOICE { strict NULL, loose NULL },
      network OCTET STRING (SIZE (4)),
      tsapIdentifier INTEGER (0..65535),
      route SEQUENCE OF OCTET STRING (SIZE (4)),
      ... },
    ..., nsap, nonStandardAddress },
  multicastAddress CHOICE {
    iPAddress SEQUENCE {
      network OCTET STRING (SIZE (4)),
      tsapIdentifier INTEGER (0..65535),
      ... },
    iP6Address SEQUENCE {
      network OCTET STRING (SIZE (16)),
      tsapIdentifier INTEGER (0..65535),
      ... },
    ..., nsap, nonStandardAddress },
  ... }

H222LogicalChannelParameters ::= SEQUENCE {
  resourceID INTEGER (0..65535),
  subChannelID INTEGER (0..8191),
  pcr-pid INTEGER (0..8191) OPTIONAL,
  programDescriptors OCTET STRING OPTIONAL,
  streamDescriptors OCTET STRING OPTIONAL,
  ... }

H223LogicalChannelParameters ::= SEQUENCE {
  adaptationLayerType CHOICE {
    nonStandard NonStandardParameter,
    al1Framed NULL,
    al1NotFramed NULL,
    al2WithoutSequenceNumbers NULL,
    al2WithSequenceNumbers NULL,
    al3 SEQUENCE {
      controlFieldOctets INTEGER (0..2),
      sendBufferSize INTEGER (0..16777215) },
    ..., al1M, al2M, al3M },
  segmentableFlag BOOLEAN,
  ... }

V76LogicalChannelParameters ::= SEQUENCE {
  hdlcParameters SEQUENCE {
    crcLength CHOICE { crc8bit NULL, crc16bit NULL, crc32bit NULL, ... },
    n401 INTEGER (1..4095),
    loopbackTestProcedure BOOLEAN,
    ... },
  suspendResume CHOICE {
    noSuspendResume NULL, suspendResumewAddress NULL, suspendResumewoAddress NULL, ... },
  uIH BOOLEAN,
  mode CHOICE {
    eRM SEQUENCE {
      windowSize INTEGER (1..127),
      recovery CHOICE { rej NULL, sREJ NULL, mSREJ NULL, ... },
      ... },
    uNERM NULL,
    ... },
  v75Parameters SEQUENCE { audioHeaderPresent BOOLEAN, ... },
  ... }

H2250LogicalChannelParameters ::= SEQUENCE {
  nonStandard SEQUENCE OF NonStandardParameter OPTIONAL,
  sessionID INTEGER (0..255),
  associatedSessionID INTEGER (1..255) OPTIONAL,
  mediaChannel TransportAddress OPTIONAL,
  mediaGuaranteedDelivery BOOLEAN OPTIONAL,
  mediaControlChannel TransportAddress OPTIONAL,
  mediaControlGuaranteedDelivery UNREAD OPTIONAL,
  silenceSuppression OPTIONAL,
  destination OPTIONAL,
  dynamicRTPPayloadType OPTIONAL,
  mediaPacketization OPTIONAL,
  ..., transportCapability, redundancyEncoding, source }

H2250LogicalChannelAckParameters ::= SEQUENCE {
  nonStandard SEQUENCE OF NonStandardParameter OPTIONAL,
  sessionID INTEGER (1..255) OPTIONAL,
  mediaChannel TransportAddress OPTIONAL,
  mediaControlChannel TransportAddress OPTIONAL,
  dynamicRTPPayloadType INTEGER (96..127) OPTIONAL,
  ..., flowControlToZero, portNumber }

NetworkAccessParameters ::= SEQUENCE {
  distribution CHOICE { unicast NULL, multicast NULL, ... } OPTIONAL,
  networkAddress CHOICE {
    q2931Address SEQUENCE {
      address CHOICE {
        internationalNumber NumericString (SIZE (1..16)),
        nsapAddress OCTET STRING (SIZE (1..20)),
        ... },
      subaddress OCTET STRING (SIZE (1..20)) OPTIONAL,
      ... },
    e164Address IA5String (SIZE (1..128)) (FROM ("0123456789#*,")),
    localAreaAddress TransportAddress,
    ... },
  associateConference BOOLEAN,
  externalReference OCTET STRING (SIZE (1..255)) OPTIONAL,
  ..., t120SetupProcedure }

LogicalChannelNumber ::= INTEGER (1..65535)

OpenLogicalChannel ::= SEQUENCE {
  forwardLogicalChannelNumber LogicalChannelNumber,
  forwardLogicalChannelParameters SEQUENCE {
    portNumber INTEGER (0..65535) OPTIONAL,
    dataType DataType,
    multiplexParameters CHOICE {
      h222LogicalChannelParameters H222LogicalChannelParameters,
      h223LogicalChannelParameters H223LogicalChannelParameters,
      v76LogicalChannelParameters V76LogicalChannelParameters,
      ..., h2250LogicalChannelParameters H2250LogicalChannelParameters,
      none },
    ..., forwardLogicalChannelDependency, replacementFor },
  reverseLogicalChannelParameters SEQUENCE {
    dataType DataType,
    multiplexParameters CHOICE {
      h223LogicalChannelParameters H223LogicalChannelParameters,
      v76LogicalChannelParameters V76LogicalChannelParameters,
      ..., h2250LogicalChannelParameters H2250LogicalChannelParameters } OPTIONAL,
    ..., reverseLogicalChannelDependency, replacementFor } OPTIONAL,
  ..., separateStack NetworkAccessParameters,
  encryptionSync UNREAD }

OpenLogicalChannelAck ::= SEQUENCE {
  forwardLogicalChannelNumber LogicalChannelNumber,
  reverseLogicalChannelParameters SEQUENCE {
    reverseLogicalChannelNumber LogicalChannelNumber,
    portNumber INTEGER (0..65535) OPTIONAL,
    multiplexParameters CHOICE {
      h222LogicalChannelParameters H222LogicalChannelParameters,
      ..., h2250LogicalChannelParameters H2250LogicalChannelParameters } OPTIONAL,
    ..., replacementFor } OPTIONAL,
  ..., separateStack NetworkAccessParameters,
  forwardMultiplexAckParameters CHOICE {
    h2250LogicalChannelAckParameters H2250LogicalChannelAckParameters,
    ... },
  encryptionSync UNREAD }

MultimediaSystemControlMessage ::= CHOICE {
  request CHOICE {
    nonStandard UNREAD,
    masterSlaveDetermination UNREAD,
    terminalCapabilitySet UNREAD,
    openLogicalChannel OpenLogicalChannel,
    closeLogicalChannel UNREAD,
    requestChannelClose UNREAD,
    multiplexEntrySend UNREAD,
    requestMultiplexEntry UNREAD,
    requestMode UNREAD,
    roundTripDelayRequest UNREAD,
    maintenanceLoopRequest UNREAD,
    ..., communicationModeRequest UNREAD,
    conferenceRequest UNREAD,
    multilinkRequest UNREAD,
    logicalChannelRateRequest UNREAD },
  response CHOICE {
    nonStandard UNREAD,
    masterSlaveDeterminationAck UNREAD,
    masterSlaveDeterminationReject UNREAD,
    terminalCapabilitySetAck UNREAD,
    terminalCapabilitySetReject UNREAD,
    openLogicalChannelAck OpenLogicalChannelAck,
    openLogicalChannelReject UNREAD,
    closeLogicalChannelAck UNREAD,
    requestChannelCloseAck UNREAD,
    requestChannelCloseReject UNREAD,
    multiplexEntrySendAck UNREAD,
    multiplexEntrySendReject UNREAD,
    requestMultiplexEntryAck UNREAD,
    requestMultiplexEntryReject UNREAD,
    requestModeAck UNREAD,
    requestModeReject UNREAD,
    roundTripDelayResponse UNREAD,
    maintenanceLoopAck UNREAD,
    maintenanceLoopReject UNREAD,
    ..., communicationModeResponse UNREAD,
    conferenceResponse UNREAD,
    multilinkResponse UNREAD,
    logicalChannelRateAcknowledge UNREAD,
    logicalChannelRateReject UNREAD },
  command UNREAD,
  indication UNREAD,
  ... }
`;

export const H245 = moduleOf(CAPABILITIES + CHANNELS);

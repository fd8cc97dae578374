// ITU-T H.225.0 version 4: the messages between an endpoint and its gatekeeper.

import { H225_COMMON } from './h225.ts';
import { moduleOf } from './notation.ts';

const RAS = `
RequestSeqNum ::= INTEGER (1..65535)
GatekeeperIdentifier ::= BMPString (SIZE (1..128))
EndpointIdentifier ::= BMPString (SIZE (1..128))
TimeToLive ::= INTEGER (1..4294967295)
CallModel ::= CHOICE { direct NULL, gatekeeperRouted NULL, ... }

GatekeeperRequest ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  protocolIdentifier OBJECT IDENTIFIER,
  nonStandardData NonStandardParameter OPTIONAL,
  rasAddress TransportAddress,
  endpointType UNREAD,
  gatekeeperIdentifier OPTIONAL,
  callServices OPTIONAL,
  endpointAlias OPTIONAL,
  ... }

GatekeeperConfirm ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  protocolIdentifier OBJECT IDENTIFIER,
  nonStandardData NonStandardParameter OPTIONAL,
  gatekeeperIdentifier GatekeeperIdentifier OPTIONAL,
  rasAddress TransportAddress,
  ..., alternateGatekeeper UNREAD }

RegistrationRequest ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  protocolIdentifier OBJECT IDENTIFIER,
  nonStandardData NonStandardParameter OPTIONAL,
  discoveryComplete BOOLEAN,
  callSignalAddress SEQUENCE OF TransportAddress,
  rasAddress SEQUENCE OF TransportAddress,
  terminalType EndpointType,
  terminalAlias SEQUENCE OF AliasAddress OPTIONAL,
  gatekeeperIdentifier GatekeeperIdentifier OPTIONAL,
  endpointVendor VendorIdentifier,
  ..., alternateEndpoints,
  timeToLive TimeToLive,
  tokens UNREAD }

RegistrationConfirm ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  protocolIdentifier OBJECT IDENTIFIER,
  nonStandardData NonStandardParameter OPTIONAL,
  callSignalAddress SEQUENCE OF TransportAddress,
  terminalAlias SEQUENCE OF AliasAddress OPTIONAL,
  gatekeeperIdentifier GatekeeperIdentifier OPTIONAL,
  endpointIdentifier EndpointIdentifier,
  ..., alternateGatekeeper,
  timeToLive TimeToLive,
  tokens UNREAD }

UnregistrationRequest ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  callSignalAddress SEQUENCE OF TransportAddress,
  endpointAlias UNREAD OPTIONAL,
  nonStandardData OPTIONAL,
  endpointIdentifier OPTIONAL,
  ... }

AdmissionRequest ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  callType CallType,
  callModel CallModel OPTIONAL,
  endpointIdentifier EndpointIdentifier,
  destinationInfo SEQUENCE OF AliasAddress OPTIONAL,
  destCallSignalAddress TransportAddress OPTIONAL,
  destExtraCallInfo SEQUENCE OF AliasAddress OPTIONAL,
  srcInfo SEQUENCE OF AliasAddress,
  srcCallSignalAddress TransportAddress OPTIONAL,
  bandWidth UNREAD,
  callReferenceValue,
  nonStandardData OPTIONAL,
  callServices OPTIONAL,
  conferenceID,
  activeMC,
  answerCall,
  ... }

AdmissionConfirm ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  bandWidth INTEGER (0..4294967295),
  callModel CallModel,
  destCallSignalAddress TransportAddress,
  irrFrequency UNREAD OPTIONAL,
  nonStandardData OPTIONAL,
  ... }

LocationRequest ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  endpointIdentifier EndpointIdentifier OPTIONAL,
  destinationInfo SEQUENCE OF AliasAddress,
  nonStandardData NonStandardParameter OPTIONAL,
  replyAddress TransportAddress,
  ..., sourceInfo UNREAD }

LocationConfirm ::= SEQUENCE {
  requestSeqNum RequestSeqNum,
  callSignalAddress TransportAddress,
  rasAddress TransportAddress,
  nonStandardData UNREAD OPTIONAL,
  ... }

InfoRequestResponse ::= SEQUENCE {
  nonStandardData NonStandardParameter OPTIONAL,
  requestSeqNum RequestSeqNum,
  endpointType EndpointType,
  endpointIdentifier EndpointIdentifier,
  rasAddress TransportAddress,
  callSignalAddress SEQUENCE OF TransportAddress,
  endpointAlias UNREAD OPTIONAL,
  perCallInfo OPTIONAL,
  ... }

RasMessage ::= CHOICE {
  gatekeeperRequest GatekeeperRequest,
  gatekeeperConfirm GatekeeperConfirm,
  gatekeeperReject UNREAD,
  registrationRequest RegistrationRequest,
  registrationConfirm RegistrationConfirm,
  registrationReject UNREAD,
  unregistrationRequest UnregistrationRequest,
  unregistrationConfirm UNREAD,
  unregistrationReject UNREAD,
  admissionRequest AdmissionRequest,
  admissionConfirm AdmissionConfirm,
  admissionReject UNREAD,
  bandwidthRequest UNREAD,
  bandwidthConfirm UNREAD,
  bandwidthReject UNREAD,
  disengageRequest UNREAD,
  disengageConfirm UNREAD,
  disengageReject UNREAD,
  locationRequest LocationRequest,
  locationConfirm LocationConfirm,
  locationReject UNREAD,
  infoRequest UNREAD,
  infoRequestResponse InfoRequestResponse,
  nonStandardMessage UNREAD,
  unknownMessageResponse UNREAD,
  ... }
`;

export const RAS_MODULE = moduleOf(RAS, H225_COMMON);

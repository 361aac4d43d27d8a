// Every decoder that reads what others have written.
import type { FuzzTarget } from '../target.ts'
import { cookie, envelope, handshakeAtClient, handshakeAtRelay } from './admission.ts'
import { attachAtRelay, attachedAtClient } from './attach.ts'
import { ballotBox, bundle, certificate, charter, checkpoint, consensus, descriptorBody, roll, voteBody } from './directory.ts'
import { httpBody, httpRequest } from './http.ts'
import { inviteBody, inviteText } from './invite.ts'
import { httpForm, relayConfig, relayKeys, socks, socksDatagram } from './local.ts'
import { policyBody, policyBytes } from './policy.ts'
import { sessionAtClient, sessionAtRelay } from './session.ts'
import { frames, record, targetBytes, targetText, webSocket } from './wire.ts'

export const TARGETS: readonly FuzzTarget[] = [
  inviteText,
  inviteBody,
  policyBytes,
  policyBody,
  bundle,
  consensus,
  checkpoint,
  charter,
  certificate,
  roll,
  ballotBox,
  voteBody,
  descriptorBody,
  cookie,
  envelope,
  handshakeAtRelay,
  handshakeAtClient,
  attachAtRelay,
  attachedAtClient,
  record,
  frames,
  targetBytes,
  targetText,
  webSocket,
  httpBody,
  httpRequest,
  sessionAtRelay,
  sessionAtClient,
  socks,
  socksDatagram,
  httpForm,
  relayConfig,
  relayKeys,
]

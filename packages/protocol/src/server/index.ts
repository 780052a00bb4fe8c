export { contentDigest, verifyContentDigest } from './content-digest.ts';
export { equalBytes } from './equal-bytes.ts';
export type { SignedRequestParts, SignedResponseParts } from './http-message.ts';
export { archivePurpose, attemptPurpose, type Seal, sealText, unsealText } from './sealed-text.ts';
export { signRequest, signResponse } from './sign-message.ts';
export { requestComponents, responseComponents } from './signed-components.ts';
export { generateSecret, type SigningKey, signingKey } from './signing-key.ts';
export { issueTicket, TicketClaims, type TicketKey, ticketKey, verifyTicket } from './ticket.ts';
export {
  type NonceStore,
  type NonceVerdict,
  type VerifiedRequest,
  verifyRequest,
  verifyResponse,
} from './verify-message.ts';

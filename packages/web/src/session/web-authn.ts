import { type Passkey, passkeys, type Session } from '@longshore/protocol';
import { ApiError } from '../api/api-error.ts';
import { call } from '../api/call.ts';
import { t } from '../language/language.ts';

/** Over plain http, but for localhost, browsers have no passkeys; older ones cannot read their JSON form. */
export const knowsPasskeys = (): boolean =>
  'PublicKeyCredential' in window && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

/** Asks the person for a new passkey, and adds it. Throws `ApiError`. */
export async function registerPasskey(wish: { name: string; password: string }): Promise<Passkey> {
  const { options, pending } = await call(passkeys.startPasskey, { body: { password: wish.password } });
  // The type of the library of the DOM asks for fields that the answer leaves to the standard.
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  const response = await ask(() => navigator.credentials.create({ publicKey }));
  return call(passkeys.addPasskey, { body: { name: wish.name, pending, response } });
}

/** Asks the person for one of their passkeys for this site, and signs in. Throws `ApiError`. */
export async function signInByPasskey(): Promise<Session> {
  const { options, pending } = await call(passkeys.startPasskeySignIn, {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  const response = await ask(() => navigator.credentials.get({ publicKey }));
  return call(passkeys.signInWithPasskey, { body: { pending, response } });
}

type Answer = Parameters<typeof call<typeof passkeys.addPasskey>>[1]['body']['response'];

/** The browser tells the refusal of a person, a passkey that is known already and a wrong site by the name of what it throws. */
async function ask(open: () => Promise<Credential | null>): Promise<Answer> {
  try {
    return ((await open()) as PublicKeyCredential).toJSON() as unknown as Answer;
  } catch (thrown) {
    if (!(thrown instanceof DOMException)) throw thrown;
    const known = thrown.name === 'InvalidStateError';
    const info = {
      code: known
        ? 'PASSKEY_KNOWN'
        : thrown.name === 'SecurityError'
          ? 'PASSKEY_WRONG_SITE'
          : 'PASSKEY_CANCELED',
      message: thrown.message,
      hint: t(
        known
          ? 'passkeys.knownHint'
          : thrown.name === 'SecurityError'
            ? 'passkeys.wrongSiteHint'
            : 'passkeys.canceledHint',
      ),
      details: {},
    };
    throw new ApiError(info, { status: null, requestId: null }, thrown);
  }
}

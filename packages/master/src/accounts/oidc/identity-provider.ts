import { AppError } from '@longshore/protocol';
import * as client from 'openid-client';

export type OidcSettings = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: string;
  /** What the button says. */
  readonly name: string;
  /** The claim that is the login of a user, and the name of one who is created. */
  readonly loginClaim: string;
  readonly groupClaim: string;
  /** Empty: everybody whom the provider knows. */
  readonly allowedGroups: readonly string[];
  readonly autoCreate: boolean;
};

/** What a browser must bring back with the answer of the provider. */
export type PendingSignIn = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

/** Who the provider says somebody is. Only issuer and subject together stay the same for ever. */
export type ExternalIdentity = {
  readonly issuer: string;
  readonly subject: string;
  readonly login: string | null;
  readonly groups: readonly string[];
};

export type IdentityProvider = {
  readonly settings: OidcSettings;
  /** Where to send the browser. Throws `OIDC_UNAVAILABLE`. */
  begin(redirectUri: string): Promise<{ url: string; pending: PendingSignIn }>;
  /**
   * Turns what the provider has sent the browser back with into an identity: state, nonce, PKCE, signature, issuer,
   * audience and times are verified. Throws `OIDC_FAILED`, `OIDC_UNAVAILABLE`.
   */
  finish(callback: URL, pending: PendingSignIn): Promise<ExternalIdentity>;
};

const timeoutSeconds = 10;

/** OpenID Connect, authorization code flow with PKCE. The provider is first asked when somebody signs in. */
export function createIdentityProvider(settings: OidcSettings): IdentityProvider {
  let discovered: Promise<client.Configuration> | undefined;
  const discover = async (): Promise<client.Configuration> => {
    const issuer = new URL(settings.issuer);
    const config = await client.discovery(issuer, settings.clientId, settings.clientSecret, undefined, {
      timeout: timeoutSeconds,
      ...(issuer.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}),
    });
    // Without this, what comes straight from the provider is believed for its TLS alone.
    client.enableNonRepudiationChecks(config);
    return config;
  };
  const configuration = async (): Promise<client.Configuration> => {
    discovered ??= discover();
    try {
      return await discovered;
    } catch (cause) {
      discovered = undefined;
      throw new AppError(
        'OIDC_UNAVAILABLE',
        `the identity provider ${settings.issuer} does not answer as one`,
        {
          cause,
        },
      );
    }
  };
  return {
    settings,
    begin: async (redirectUri) => {
      const config = await configuration();
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: settings.scopes,
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, pending };
    },
    finish: async (callback, pending) => {
      const config = await configuration();
      const tokens = await client
        .authorizationCodeGrant(config, callback, {
          pkceCodeVerifier: pending.codeVerifier,
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          idTokenExpected: true,
        })
        .catch((cause: unknown) => {
          throw failed(cause);
        });
      const claims = tokens.claims();
      if (claims === undefined) throw failed(undefined);
      const { loginClaim, groupClaim } = settings;
      const hasAll = loginClaim in claims && groupClaim in claims;
      if (hasAll || config.serverMetadata().userinfo_endpoint === undefined)
        return toIdentity(claims, settings);
      // Providers may keep what is not about the sign-in itself out of the ID token.
      const more = await client
        .fetchUserInfo(config, tokens.access_token, claims.sub)
        .catch((cause: unknown) => {
          throw failed(cause);
        });
      return toIdentity({ ...more, ...claims }, settings);
    },
  };
}

/** What the library says names no token and no secret; the cause stays in the log. */
const failed = (cause: unknown): AppError =>
  new AppError('OIDC_FAILED', 'the answer of the identity provider does not prove who signs in', { cause });

function toIdentity(claims: client.IDToken, settings: OidcSettings): ExternalIdentity {
  const login = claims[settings.loginClaim];
  const groups = claims[settings.groupClaim];
  return {
    issuer: claims.iss,
    subject: claims.sub,
    login: typeof login === 'string' ? login : null,
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}

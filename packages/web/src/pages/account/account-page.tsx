import type { User } from '@longshore/protocol';
import { Badge, Container, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { signInMethodsQuery, useMe } from '../../queries/account-queries.ts';
import { PasswordForm } from '../../session/password-form.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SectionCard } from '../../ui/section-card.tsx';
import { LimitList } from '../groups/limit-list.tsx';
import { PasskeysCard } from './passkeys-card.tsx';
import { SessionsCard } from './sessions-card.tsx';
import { TokensCard } from './tokens-card.tsx';
import { TwoFactorCard } from './two-factor-card.tsx';

export function AccountPage() {
  const me = useMe();
  return (
    <Container py="lg">
      <PageHeader title={t('nav.account')} description={t('account.description')} />
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Stack>
          <TwoFactorCard />
          <PasskeysCard />
          <SectionCard title={t('password.title')} text={t('password.text')}>
            <PasswordForm onDone={() => notifyDone(t('password.changed'))} />
          </SectionCard>
          <ProviderCard me={me} />
        </Stack>
        <Stack>
          <SectionCard title={t('account.limits')} text={t('account.limitsText', { group: me.group.name })}>
            <LimitList limits={me.limits} />
          </SectionCard>
          <SessionsCard />
          <TokensCard />
        </Stack>
      </SimpleGrid>
    </Container>
  );
}

/** Where an identity provider is in use: whether it knows this account. */
function ProviderCard({ me }: { me: User }) {
  const { data: methods } = useQuery(signInMethodsQuery);
  if (!methods?.oidc) return null;
  const state = me.oidcLinked ? 'linked' : me.oidcLogin === null ? 'none' : 'awaited';
  return (
    <SectionCard
      title={t('provider.title')}
      text={t(`provider.${state}`, { name: methods.oidc.name })}
      badge={
        state !== 'none' && (
          <Badge color={me.oidcLinked ? 'teal' : 'gray'} variant="light" tt="none" radius="sm">
            {t(`provider.state.${state}`)}
          </Badge>
        )
      }
    >
      {me.oidcLogin !== null && (
        <Text size="sm" fw={550} className="breakable">
          {me.oidcLogin}
        </Text>
      )}
    </SectionCard>
  );
}

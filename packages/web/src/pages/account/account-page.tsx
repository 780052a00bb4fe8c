import { Card, Container, SimpleGrid, Text, Title } from '@mantine/core';
import { t } from '../../language/language.ts';
import { PasswordForm } from '../../session/password-form.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { TokensCard } from './tokens-card.tsx';

export function AccountPage() {
  return (
    <Container size="lg" py="lg">
      <PageHeader title={t('nav.account')} description={t('account.description')} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder radius="lg" padding="lg">
          <Title order={2} fz={17}>
            {t('password.title')}
          </Title>
          <Text size="sm" c="dimmed" mb="md">
            {t('password.text')}
          </Text>
          <PasswordForm onDone={() => notifyDone(t('password.changed'))} />
        </Card>
        <TokensCard />
      </SimpleGrid>
    </Container>
  );
}
